"""How many connections may come, and when."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dsql_local.dialect.limits import DEFAULT
from dsql_local.server.attendance import TOO_FAST, Attendance
from dsql_local.session.login import TOO_MANY


def test_the_service_s_own_limits_are_the_default():
    attendance = Attendance(DEFAULT)

    answers = [attendance.refused(present=0, now=0.0) for _ in range(1001)]

    assert answers == [None] * 1000 + [TOO_FAST]
    assert attendance.refused(present=0, now=0.01) is None
    assert attendance.refused(present=0, now=0.01) is TOO_FAST
    assert attendance.refused(present=10_000, now=1.0) is TOO_MANY
    assert attendance.refused(present=9_999, now=1.0) is None


@given(
    st.lists(st.floats(0, 2), max_size=60),
    st.integers(1, 5),
    st.integers(0, 5),
)
def test_no_stretch_of_time_lets_more_in_than_the_burst_and_what_was_earned(waits, burst, rate):
    limits = replace(DEFAULT, connection_burst=burst, connections_per_second=rate)
    attendance, now, admitted = Attendance(limits), 0.0, []

    for wait in waits:
        now += wait
        if attendance.refused(present=0, now=now) is None:
            admitted.append(now)

    for first in range(len(admitted)):
        for last in range(first, len(admitted)):
            span = admitted[last] - admitted[first]
            assert last - first + 1 <= burst + span * rate + 1e-6


@given(st.floats(0, 100), st.floats(-100, 100))
def test_a_clock_that_goes_back_earns_nothing(start, step):
    limits = replace(DEFAULT, connection_burst=1, connections_per_second=1)
    attendance = Attendance(limits)
    attendance.refused(present=0, now=start)

    refused = attendance.refused(present=0, now=start + step)

    assert refused is (None if (start + step) - start >= 1 else TOO_FAST)
