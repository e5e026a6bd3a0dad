from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.api.services.dsql_health import SHARE_S, DsqlHealth
from vela.dsql.deadline import Clocks
from vela.dsql.health import Healthy
from vela.errors import Unreachable


class Time:
    """Both clocks of a process; each can be stopped, as a freeze or an adjustment stops one."""

    def __init__(self) -> None:
        self.monotonic = self.wall = 1000.0
        self.clocks = Clocks(monotonic=lambda: self.monotonic, wall=lambda: self.wall)

    def passes(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


def healthy(query_ms: float) -> Healthy:
    return Healthy(
        cluster="c",
        region="r",
        role="vela_api",
        server_version="16.15",
        token_ms=0,
        connect_ms=0,
        query_ms=query_ms,
        reused=False,
        age_s=0,
    )


class Probe:
    """Each call is told apart by its number."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Healthy:
        self.asked += 1
        return healthy(self.asked)


def test_a_shared_outcome_is_asked_for_again_after_two_seconds():
    time, probe = Time(), Probe()
    health = DsqlHealth(probe, clocks=time.clocks)

    first = health.shared()
    time.passes(SHARE_S - 0.001)
    second = health.shared()
    time.passes(0.001)
    third = health.shared()

    assert [first, second, third] == [healthy(1), healthy(1), healthy(2)]


def test_an_outcome_is_not_shared_across_a_freeze_that_stopped_one_clock():
    time, probe = Time(), Probe()
    health = DsqlHealth(probe, clocks=time.clocks)
    health.shared()

    time.wall += 3600.0

    assert health.shared() == healthy(2)


def test_failures_are_shared_as_well_and_told_once(caplog):
    error = Unreachable("no answer", "open the port")
    asked = []

    def probe() -> Healthy:
        asked.append(1)
        raise error

    health = DsqlHealth(probe, clocks=Time().clocks)

    assert [health.shared(), health.shared()] == [error, error]
    assert len(asked) == len(caplog.records) == 1


def test_who_may_know_more_always_gets_a_probe_of_their_own():
    probe = Probe()
    health = DsqlHealth(probe, clocks=Time().clocks)
    health.shared()

    assert [health.fresh(), health.fresh()] == [healthy(2), healthy(3)]


def test_a_bug_passes_and_the_next_caller_can_ask():
    divisors = iter([0, 1])
    health = DsqlHealth(lambda: healthy(1 // next(divisors)), clocks=Time().clocks)

    with pytest.raises(ZeroDivisionError):
        health.shared()

    assert health.shared() == healthy(1)


@given(st.lists(st.integers(0, 40).map(lambda quarters: quarters / 4), max_size=50))
def test_strangers_never_cause_more_than_one_query_in_two_seconds(pauses):
    time, when = Time(), []

    def probe() -> Healthy:
        when.append(time.wall)
        return healthy(1)

    health = DsqlHealth(probe, clocks=time.clocks)
    for pause in pauses:
        time.passes(pause)
        health.shared()

    assert all(b - a >= SHARE_S for a, b in pairwise(when))
