"""Every state an account may be in, and what doctor, deploy and destroy make of it.

A state is set by the local cloud's own switches, on one of two grounds: nothing is deployed, or all is.
In each the doctor looks, and `vela deploy` and `vela destroy` are run whole: the commands' own
functions, the CDK CLI, the local cloud. Each ends well or with the error that is expected, and nothing
that was there is lost: objects of the bucket, items of the tables, rows of the cluster.

What converges is run again: a deployment then plans nothing, a destruction finds nothing. Where a
command is refused before it changes anything, it is shown that nothing has changed and that, once the
cause is gone, the plan is the ground's, whose run the first state of the ground is.

Not run but judged, by the planners (`property/ops`): a stack that somebody else is changing, for on
this machine the lock is the proof that nobody else is at work. Two commands at once and kills at each
step have tests of their own.

A run that changes the ground is costly, so a deployment of a vacant account and a destruction of a
deployed one take turns: each leaves the ground that the next one begins on.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import pytest
from e2e.matrix import deployed, vacant, walks, witness
from e2e.matrix.cloud import Cloud, seen
from e2e.matrix.runs import Runs, require
from e2e.matrix.state import GOES, NOTHING, State

pytestmark = [pytest.mark.slow, pytest.mark.in_order, pytest.mark.timeout(300)]

REFUSED = {"E502", "E503"}
WALKS = 3
#: On two clouds at once.
PARTS = (
    ((*vacant.NAMES, *vacant.STACKS), deployed.STACKS),
    ((*vacant.CALLERS, *vacant.TRAPS, *vacant.DOMAINS), deployed.CALLERS),
)


def states(*, of: int, where: Callable[[State], bool] = lambda _state: True) -> list[object]:
    return [
        pytest.param(state, id=state.name, marks=pytest.mark.xdist_group(f"matrix-{part}"))
        for part, grounds in enumerate(PARTS)
        for state in grounds[of]
        if where(state)
    ]


def turns() -> Iterator[object]:
    """Deployments and destructions that change something, in turns."""
    for part, (without, with_) in enumerate(PARTS):
        deploying = [s for s in without if s.deploy.code not in REFUSED]
        destroying = [s for s in with_ if s.destroy.code not in REFUSED]
        pairs = itertools.zip_longest(destroying, deploying)
        group = pytest.mark.xdist_group(f"matrix-{part}")
        for first, second in pairs:
            if first:
                yield pytest.param(destroy_all, first, id=f"destroy, {first.name}", marks=group)
            if second:
                yield pytest.param(
                    deploy_to_vacant, second, id=f"deploy, {second.name}", marks=group
                )


@pytest.fixture(scope="module")
def cloud(tmp_path_factory) -> Iterator[Cloud]:
    cloud = Cloud(home=tmp_path_factory.mktemp("matrix"))
    try:
        yield cloud
    finally:
        cloud.stop()


def looked(state, runs, anyway):
    assert runs.doctor() - anyway == state.finds
    if not state.deploy.code:
        plan = runs.plan()
        assert tuple(type(step).__name__ for step in plan.steps[: plan.clearing]) == state.first


def test_there_are_at_least_forty_states_and_each_is_told_apart():
    grounds = [[s.name for part in PARTS for s in part[of]] for of in (0, 1)]

    assert sum(len(names) for names in grounds) >= 40
    assert all(len(set(names)) == len(names) for names in grounds)


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process has one cloud")
@pytest.mark.xdist_group("matrix-0")
def test_what_shares_a_cloud_stays_on_one_worker(request):
    assert request.node.nodeid.endswith("@matrix-0")


@pytest.mark.parametrize("state", states(of=0))
def test_destroying_in_an_account_without_vela(cloud, state):
    with cloud.vacant() as account:
        anyway = cloud.found_anyway(account)
        with state.set(account) as told:
            runs = Runs(account=account, told=told or NOTHING)
            looked(state, runs, anyway)
            require(runs.destroy(), state.destroy)
        require(Runs(account=account).destroy(), GOES)

        assert account.statuses() == {}


@pytest.mark.parametrize("state", states(of=0, where=lambda s: s.deploy.code in REFUSED))
def test_a_deployment_to_an_account_without_vela_is_refused(cloud, state):
    with cloud.vacant() as account:
        ground = Runs(account=account).plan()
        with state.set(account) as told:
            before = seen(account)
            require(Runs(account=account, told=told or NOTHING).deploy(), state.deploy)
            assert seen(account) == before

        assert Runs(account=account).plan().steps == ground.steps


@pytest.mark.parametrize("state", states(of=1))
def test_deploying_in_an_account_with_vela(cloud, state):
    with cloud.deployed() as account:
        anyway = cloud.found_anyway(account)
        with state.set(account) as told:
            runs = Runs(account=account, told=told or NOTHING)
            looked(state, runs, anyway)
            require(runs.deploy(), state.deploy)
        witness.require(account)
        require(Runs(account=account).deploy(), GOES)

        assert Runs(account=account).plan().steps == ()
        witness.require(account)


@pytest.mark.parametrize("state", states(of=1, where=lambda s: s.destroy.code in REFUSED))
def test_a_destruction_in_an_account_with_vela_is_refused(cloud, state):
    with cloud.deployed() as account:
        before = seen(account)
        with state.set(account) as told:
            require(Runs(account=account, told=told or NOTHING).destroy(), state.destroy)

        assert seen(account) == before
        witness.require(account)


def deploy_to_vacant(cloud, state):
    with cloud.vacant() as account:
        with state.set(account) as told:
            runs = Runs(account=account, told=told or NOTHING)
            cloud.now_told(runs.told)
            require(runs.deploy(), state.deploy)
            if state.deploy.code == "":
                require(runs.deploy(), GOES)
                assert runs.plan().steps == ()
        again = Runs(account=account, told=replace(runs.told, credentials={}))
        require(again.deploy(), GOES)
        assert again.plan().steps == ()


def destroy_all(cloud, state):
    with cloud.deployed() as account:
        with state.set(account) as told:
            runs = Runs(account=account, told=told or NOTHING)
            require(runs.destroy(), state.destroy)
        require(Runs(account=account).destroy(), GOES)

        assert account.statuses() == {}
        witness.require_object(account)


@pytest.mark.parametrize(("run", "state"), list(turns()))
def test_taking_turns(cloud, run, state):
    run(cloud, state)


@pytest.mark.xdist_group("matrix-1")
@pytest.mark.parametrize("seed", range(WALKS))
def test_from_wherever_it_starts_deploying_destroying_and_deploying_ends_healthy(cloud, seed):
    dice = Random(seed)
    with cloud.vacant() as account:
        with walks.drawn(dice, walks.VACANT)(account) as told:
            require(Runs(account=account, told=told or NOTHING).deploy(), GOES)
        witness.put(account)
        with walks.drawn(dice, walks.DEPLOYED)(account) as told:
            require(Runs(account=account, told=told or NOTHING).destroy(), GOES)
        with walks.drawn(dice, walks.LEFT)(account) as told:
            require(Runs(account=account, told=told or NOTHING).deploy(), GOES)

        assert Runs(account=account).plan().steps == ()
        witness.require_object(account)
