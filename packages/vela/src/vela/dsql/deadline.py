"""Time: until when an answer is of use, and how much of it passed unseen.

Law: the only reader of clocks that decide anything; every clock can be replaced. A deadline is
passed on and only ever gets shorter. Aurora DSQL has neither ``statement_timeout`` nor cancel,
so every wait of the access layer is bounded on this side.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

Moment = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Two ways to see that time passed: a freeze may stop the one, an adjustment the other."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time

    def read(self) -> Moment:
        """Take the time from both."""
        return self.monotonic(), self.wall()


def between(then: Moment, now: Moment) -> float:
    """Seconds passed, by whichever clock saw more."""
    return max(now[0] - then[0], now[1] - then[1])


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on a monotonic clock."""

    at: float
    seconds: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> Self:
        """Begin now."""
        return cls(clock() + seconds, seconds, clock)

    def remaining(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.at - self.clock())

    @property
    def passed(self) -> bool:
        """Tell whether no time is left."""
        return self.clock() >= self.at

    def within(self, seconds: float) -> Self:
        """Give a part of the time that is left to one step."""
        share = min(seconds, self.remaining())
        return type(self)(self.clock() + share, share, self.clock)
