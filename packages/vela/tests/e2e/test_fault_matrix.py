"""Every state an account may be in, and what doctor, deploy and destroy make of it.

Two clouds, one to which nothing is deployed and one to which all is: a state is set by the local
cloud's own switches and undone. For each state the facts are gathered once, as every command does,
and the commands' own pure functions judge them. What only a whole run shows is run whole:
`test_interruptions.py` here (killed at each step), `integration/ops/execute` (both traps, stuck stacks).
"""

import shutil
from collections.abc import Iterator

import pytest
from conftest import PROJECT
from e2e.accounts import Account, ignore
from e2e.states import DEPLOYED, VACANT

from vela.cli.surroundings import Surroundings
from vela.local import LocalCloud, LocalSettings
from vela.ops.facts.planned import Planned
from vela.ops.target import Target

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("platform")]

KEPT = "kept/by-the-matrix.txt"


def account_at(settings: LocalSettings) -> Account:
    running = LocalCloud(settings).status().running
    assert running
    around = Surroundings.of(settings, target=Target.LOCAL, context={})
    planned = around.inquiry(ignore).planning(running.account_id)
    assert isinstance(planned, Planned), planned
    return Account(settings=settings, running=running, planned=planned)


@pytest.fixture(scope="module")
def deployed(platform) -> Account:
    account = account_at(LocalSettings.of(PROJECT, home=platform.home, port=0, dsql_port=0))
    account.client("s3").put_object(Bucket=account.bucket, Key=KEPT, Body=b"kept")
    return account


@pytest.fixture(scope="module")
def vacant(platform, tmp_path_factory) -> Iterator[Account]:
    settings = LocalSettings.of(PROJECT, home=tmp_path_factory.mktemp("v"), port=0, dsql_port=0)
    cloud = LocalCloud(settings)
    try:
        cloud.start(ignore)
        # The same sources give the same assembly: one synthesis is enough for both.
        shutil.copytree(platform.home / "data/cdk.out", settings.data / "cdk.out")
        yield account_at(settings)
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
    anyway = nothing_wrong[id(vacant)]

    judged(vacant, state, anyway)

    assert vacant.look().findings == anyway


@pytest.mark.parametrize("state", DEPLOYED, ids=lambda state: state.name)
def test_an_account_with_vela(deployed, nothing_wrong, state):
    anyway = nothing_wrong[id(deployed)]

    judged(deployed, state, anyway)

    after = deployed.look()
    assert after.findings == anyway
    assert after.steps == ()
    deployed.client("s3").head_object(Bucket=deployed.bucket, Key=KEPT)
