import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.api.services.patience import Patience, persist
from vela.errors import (
    AccessDenied,
    Conflict,
    ConnectionLost,
    ConnectionRateExceeded,
    DeadlineExceeded,
    DsqlError,
    NameNotResolved,
    NotAuthorized,
    OutcomeUnknown,
    TlsFailed,
    TokenExpired,
    TooManyConnections,
    Unreachable,
    WakingUp,
    WrongAction,
)

PATIENCE = Patience(passing_s=300, network_s=100, denied_s=30)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def of(kind: type[DsqlError], sqlstate: str | None = None) -> DsqlError:
    error = kind("what happened", "what to do")
    error.__cause__ = Refused(sqlstate)
    return error


class Refused(Exception):
    """A driver's error: what counts of it is its SQLSTATE."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__()
        self.sqlstate = sqlstate


def given_up_after(error: DsqlError) -> float:
    time = Time()

    def step() -> None:
        raise error

    with pytest.raises(DsqlError) as caught:
        persist(step, PATIENCE, clock=time.clock, sleep=time.sleep, roll=lambda: 1.0)
    assert caught.value is error
    return time.now


@pytest.mark.parametrize(
    "kind",
    [
        Conflict,
        ConnectionLost,
        ConnectionRateExceeded,
        OutcomeUnknown,
        TooManyConnections,
        WakingUp,
    ],
)
def test_what_passes_by_itself_is_waited_for_longest(kind):
    assert 290 < given_up_after(of(kind)) <= 300


@pytest.mark.parametrize("sqlstate", ["XX000", "42710", "23505"])
def test_an_unavailable_server_and_a_race_for_the_role_pass_as_well(sqlstate):
    assert 290 < given_up_after(of(DsqlError, sqlstate)) <= 300


@pytest.mark.parametrize("kind", [DeadlineExceeded, NameNotResolved, Unreachable])
def test_a_new_endpoint_gets_time_to_appear(kind):
    assert 90 < given_up_after(of(kind)) <= 100


@pytest.mark.parametrize("kind", [AccessDenied, NotAuthorized])
def test_a_new_policy_gets_time_to_count(kind):
    assert 20 < given_up_after(of(kind)) <= 30


@pytest.mark.parametrize("kind", [TlsFailed, TokenExpired, WrongAction, DsqlError])
def test_nothing_else_is_tried_twice(kind):
    assert given_up_after(of(kind, "42501")) == 0


def test_the_value_of_the_attempt_that_succeeds_is_returned():
    time, errors = Time(), [of(WakingUp), of(Conflict)]

    def step() -> str:
        if errors:
            raise errors.pop()
        return "done"

    value = persist(step, PATIENCE, clock=time.clock, sleep=time.sleep, roll=lambda: 0.5)

    assert (value, time.slept) == ("done", [0.125, 0.25])


def never(_seconds: float) -> None:
    raise AssertionError


def test_a_bug_is_not_tried_again():
    def step() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        persist(step, PATIENCE, sleep=never)


def test_each_retry_is_one_line_with_its_cause(caplog):
    time, errors = Time(), [of(WakingUp)]

    def step() -> None:
        if errors:
            raise errors.pop()

    persist(step, PATIENCE, clock=time.clock, sleep=time.sleep, roll=lambda: 1.0)

    (line,) = caplog.records
    assert (line.message, line.attempt, line.wait_s, line.code) == ("dsql.retry", 1, 0.25, "E220")


@given(
    attempt=st.integers(1, 10_000),
    elapsed_s=st.floats(0, 1e6),
    roll=st.floats(0, 1, exclude_max=True),
)
def test_no_pause_is_longer_than_the_cap_or_reaches_past_the_limit(attempt, elapsed_s, roll):
    pause = PATIENCE.wait(of(WakingUp), attempt=attempt, elapsed_s=elapsed_s, roll=roll)

    assert pause is None or (pause <= PATIENCE.cap_s and elapsed_s + pause < PATIENCE.passing_s)
