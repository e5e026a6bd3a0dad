import pytest

from vela.dsql.deadline import Clocks, Deadline, between


class Hand:
    """A clock that is moved by hand."""

    def __init__(self, now=100.0):
        self.now = now

    def __call__(self):
        return self.now


def test_a_deadline_counts_down_to_zero_and_not_below():
    clock = Hand()
    deadline = Deadline.after(5, clock=clock)

    clock.now += 3
    assert deadline.remaining() == pytest.approx(2)
    assert not deadline.passed

    clock.now += 3
    assert deadline.remaining() == 0
    assert deadline.passed


def test_a_step_gets_its_share_but_never_more_than_is_left():
    clock = Hand()
    deadline = Deadline.after(5, clock=clock)

    assert deadline.within(2).remaining() == pytest.approx(2)

    clock.now += 4
    assert deadline.within(2).remaining() == pytest.approx(1)


@pytest.mark.parametrize(("monotonic", "wall"), [(0, 60), (60, 0), (60, -3600)])
def test_time_that_only_one_clock_saw_has_passed_all_the_same(monotonic, wall):
    steady, day = Hand(), Hand()
    clocks = Clocks(monotonic=steady, wall=day)
    then = clocks.read()

    steady.now += monotonic
    day.now += wall

    assert between(then, clocks.read()) == 60
