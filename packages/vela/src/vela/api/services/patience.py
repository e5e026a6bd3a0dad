"""Which trouble passes by itself, and how long it is waited for.

Law: the policy is a value and decides purely; clock, sleep and dice are arguments. Only steps that may
be run again from their start are passed here.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from vela.api.failure_fields import as_fields, sqlstate_of
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
    RoleNotMapped,
    TooManyConnections,
    Unreachable,
    WakingUp,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

PASSING = (
    Conflict,  # OC001 too: DDL anywhere in the cluster, our own included
    ConnectionLost,
    ConnectionRateExceeded,
    OutcomeUnknown,
    TooManyConnections,
    WakingUp,
)
#: Server unavailable; somebody else made the role or the mapping just now (seen in either form). The
#: next attempt finds the world as it is.
PASSING_SQLSTATES = frozenset({"XX000", "42710", "23505"})
#: A new endpoint's private name and network interfaces take their time to appear.
NETWORK = (DeadlineExceeded, NameNotResolved, Unreachable)
#: IAM is eventually consistent: a policy made seconds ago may not count yet. The other causes
#: (an expired token, the wrong action) do not pass.
DENIED = (AccessDenied, NotAuthorized, RoleNotMapped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds, counted from the first attempt, for which each kind of trouble is met by trying again."""

    passing_s: float
    network_s: float
    denied_s: float
    base_s: float = 0.25
    cap_s: float = 5.0

    def wait(
        self, error: DsqlError, *, attempt: int, elapsed_s: float, roll: float
    ) -> float | None:
        """Seconds to wait before the next attempt, or None to give up."""
        doublings = min(attempt - 1, 60)  # 2.0 ** 1024 overflows; the cap is reached long before
        pause = roll * min(self.cap_s, self.base_s * 2.0**doublings)
        return pause if elapsed_s + pause < self._worth(error) else None

    def _worth(self, error: DsqlError) -> float:
        if isinstance(error, PASSING) or sqlstate_of(error) in PASSING_SQLSTATES:
            return self.passing_s
        if isinstance(error, NETWORK):
            return self.network_s
        return self.denied_s if type(error) in DENIED else 0.0


def persist(
    step: Callable[[], T],
    patience: Patience,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    roll: Callable[[], float] = random.random,
) -> T:
    """Run *step* until it succeeds or its trouble is not worth more patience."""
    started = clock()
    for attempt in count(1):
        try:
            return step()
        except DsqlError as error:
            elapsed_s = clock() - started
            pause = patience.wait(error, attempt=attempt, elapsed_s=elapsed_s, roll=roll())
            if pause is None:
                raise
            fields: dict[str, object] = {"attempt": attempt, "wait_s": round(pause, 3)}
            log.warning("dsql.retry", extra=fields | as_fields(error))
            sleep(pause)
    raise AssertionError  # count() does not end
