"""A function that runs inside one transaction, tried again when it loses to another.

Law: the only owner of COMMIT. Aurora DSQL is optimistic: a loser hears SQLSTATE 40001, mostly at
COMMIT, and the cure is to run the whole function again on a new snapshot. Nothing else is tried
again: not a lost connection (the function may have effects elsewhere), and least of all one lost
at COMMIT, whose outcome nobody knows.
"""

import logging
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

import psycopg
from psycopg import pq

from vela.dsql.connection import Connection
from vela.dsql.deadline import Deadline
from vela.dsql.failures import classify
from vela.dsql.pool import DEADLINE_S, Pool
from vela.errors import Conflict, ConnectionLost, DeadlineExceeded, DsqlError, OutcomeUnknown
from vela.settings import DsqlSettings

T = TypeVar("T")

log = logging.getLogger(__name__)

CONFLICT = "40001"
# An error of these classes at COMMIT says that the server or the way to it failed, not that the
# transaction did: 08 connection, 40003 completion unknown, 57P shutdown, 58 system, XX internal.
UNDECIDED = ("08", "40003", "57P", "58", "XX")

_inside: ContextVar[Pool | None] = ContextVar("_inside", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often to try, and how long to wait between: exponential with full jitter."""

    attempts: int = 5
    base_s: float = 0.05
    cap_s: float = 2.0

    def delay(self, attempt: int, roll: float) -> float | None:
        """Seconds to wait after the *attempt*-th try lost, or None to give up. Pure."""
        if attempt >= self.attempts:
            return None
        return roll * min(self.cap_s, self.base_s * 2.0 ** (attempt - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What is told before the function is run again."""

    attempt: int
    wait_s: float
    error: psycopg.Error


def note(retry: Retry) -> None:
    """Write one line."""
    log.warning(
        "dsql.retry",
        extra={"attempt": retry.attempt, "wait_s": retry.wait_s, "sqlstate": retry.error.sqlstate},
    )


def transaction(
    pool: Pool,
    fn: Callable[[Connection], T],
    *,
    policy: RetryPolicy | None = None,
    deadline: Deadline | None = None,
    on_retry: Callable[[Retry], None] = note,
    sleep: Callable[[float], None] = time.sleep,
    roll: Callable[[], float] = random.random,
) -> T:
    """Commit what *fn* does and return its value; *fn* may run several times, whole each time.

    *fn*'s own exception rolls back and passes. `Conflict` says that every attempt lost,
    `ConnectionLost` that nothing was committed, `OutcomeUnknown` that it may have been.
    """
    policy = policy or RetryPolicy()
    deadline = deadline or Deadline.after(DEADLINE_S)
    if _inside.get() is pool:
        raise psycopg.ProgrammingError(
            "transaction() inside transaction() would commit apart from it: pass the connection on"
        )
    attempt = 1
    while True:
        try:
            return _attempt(pool, fn, deadline)
        except Exception as failure:
            if (lost := _conflict_in(failure)) is None:
                raise
            wait_s = policy.delay(attempt, roll())
            if wait_s is None or wait_s >= deadline.remaining():
                raise _given_up(lost, attempt) from failure
        on_retry(Retry(attempt=attempt, wait_s=wait_s, error=lost))
        sleep(wait_s)
        attempt += 1


def _attempt(pool: Pool, fn: Callable[[Connection], T], deadline: Deadline) -> T:
    """Run once; tell what failed before COMMIT from what failed at it."""
    committing = False
    entered = _inside.set(pool)
    try:
        with pool.connection(deadline=deadline) as conn:
            try:
                with conn.transaction():
                    value = fn(conn)
                    _refuse_ended(conn)
                    committing = True
                    return value
            except (psycopg.Error, DeadlineExceeded) as error:
                sent = committing and not _unsent(error, conn)
                judge = _at_commit if sent else _before_commit
                if verdict := judge(error, pool.settings):
                    raise verdict from error
                raise
            raise psycopg.ProgrammingError(
                "psycopg.Rollback leaves no value to return: raise an exception of your own"
            )
    finally:
        _inside.reset(entered)


def _refuse_ended(conn: Connection) -> None:
    """See that COMMIT will commit what the function did: a server answers any COMMIT kindly."""
    match conn.pgconn.transaction_status:
        case pq.TransactionStatus.INTRANS:
            return
        case pq.TransactionStatus.UNKNOWN:  # psycopg would leave out COMMIT and say nothing
            raise psycopg.OperationalError("the connection is lost")
        case pq.TransactionStatus.INERROR:
            raise psycopg.ProgrammingError(
                "the function hid a database error, after which nothing can be committed: let it pass"
            )
        case _:
            raise psycopg.ProgrammingError(
                "the function ended the transaction: transaction() alone sends COMMIT or ROLLBACK"
            )


def _unsent(error: psycopg.Error | DeadlineExceeded, conn: Connection) -> bool:
    """Tell whether the deadline had passed before COMMIT was sent: the connection is still open."""
    return isinstance(error, DeadlineExceeded) and not conn.closed


def _before_commit(
    error: psycopg.Error | DeadlineExceeded, settings: DsqlSettings
) -> DsqlError | None:
    """Nothing was committed: name a lost connection, leave every other error as it is."""
    lost = classify(error, settings)
    return lost if isinstance(lost, ConnectionLost) else None


def _at_commit(error: psycopg.Error | DeadlineExceeded, settings: DsqlSettings) -> DsqlError | None:
    """Leave an error by which the server refused to commit; any other leaves the outcome open."""
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate is not None and not sqlstate.startswith(UNDECIDED):
        return None
    return OutcomeUnknown(
        f"no answer to COMMIT came from {settings.endpoint}: {classify(error, settings).what}",
        "find out whether the transaction happened before doing it again",
    )


def _conflict_in(failure: BaseException) -> psycopg.Error | None:
    """Find the conflict in *failure* or in what it was raised from: libraries wrap errors."""
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, psycopg.Error) and cause.sqlstate == CONFLICT:
            return cause
        cause = cause.__cause__
    return None


def _given_up(lost: psycopg.Error, attempts: int) -> Conflict:
    conflict = Conflict(
        f"the transaction lost to others {attempts} times in a row: {lost.diag.message_primary}",
        "try again later; if it stays so, spread the writes over more rows",
    )
    conflict.attempts = attempts
    return conflict
