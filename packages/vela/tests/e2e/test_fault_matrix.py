"""Every state an account may be in, and what doctor, deploy and destroy make of it.

Two clouds, one to which nothing is deployed and one to which all is: a state is set by the local
cloud's own switches and undone. For each state the facts are gathered once, as every command does,
and the commands' own pure functions judge them. What only a whole run shows is run whole:
`test_interruptions.py` here (killed at each step), `integration/ops/execute` (both traps, stuck stacks).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PROJECT
from e2e.accounts import Account, ignore
from e2e.states import DEPLOYED, VACANT

from vela.cli.surroundings import Surroundings
from vela.local import LocalCloud, LocalSettings, Running
from vela.ops.account import Account as Credentials
from vela.ops.aws import Aws
from vela.ops.facts.planned import Options, Planned, read
from vela.ops.target import Target

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("platform")]

KEPT = "kept/by-the-matrix.txt"


def account_at(home: Path, planned: Planned | None = None) -> Account:
    settings = LocalSettings.of(PROJECT, home=home, port=0, dsql_port=0)
    running = LocalCloud(settings).status().running
    assert running
    aws = Aws(Credentials(environment=running.environment))
    return Account(
        settings=settings, running=running, planned=planned or kept(settings, running), aws=aws
    )


def kept(settings: LocalSettings, running: Running) -> Planned:
    """What `vela up` has deployed; it is not synthesised anew."""
    around = Surroundings.of(settings, target=Target.LOCAL, context={})
    assembly = around.cdk(running.account_id).assembly
    return read(assembly, Options(stage="development"))


@pytest.fixture(scope="module")
def deployed(platform) -> Account:
    account = account_at(platform.home)
    account.client("s3").put_object(Bucket=account.bucket, Key=KEPT, Body=b"kept")
    return account


@pytest.fixture(scope="module")
def vacant(deployed, tmp_path_factory) -> Iterator[Account]:
    home = tmp_path_factory.mktemp("vacant")
    cloud = LocalCloud(LocalSettings.of(PROJECT, home=home, port=0, dsql_port=0))
    try:
        cloud.start(ignore)
        yield account_at(home, deployed.planned)  # the same sources, the same account's number
    finally:
        cloud.purge()


@pytest.fixture(scope="module")
def nothing_wrong(deployed, vacant):
    """What is found anyway, by account."""
    return {id(account): account.look().findings for account in (deployed, vacant)}


def judged(account, state, anyway):
    with state.set(account) as told:
        found = account.look(me=state.me, **(told or {}))

    assert found.findings - anyway == state.finds
    assert found.deploy == state.deploy
    assert found.destroy == state.destroy
    if state.deploy != "impossible":
        assert found.first == state.first
    return found


def test_there_are_at_least_forty_states():
    for states in (VACANT, DEPLOYED):
        assert len({(state.name, state.me) for state in states}) == len(states)

    assert len(VACANT) + len(DEPLOYED) >= 40


@pytest.mark.parametrize("state", VACANT, ids=lambda state: state.name)
def test_an_account_without_vela(vacant, nothing_wrong, state):
    judged(vacant, state, nothing_wrong[id(vacant)])


@pytest.mark.parametrize("state", DEPLOYED, ids=lambda state: state.name)
def test_an_account_with_vela(deployed, nothing_wrong, state):
    judged(deployed, state, nothing_wrong[id(deployed)])

    assert deployed.look().steps == ()
    deployed.client("s3").head_object(Bucket=deployed.bucket, Key=KEPT)
