"""Open connections, kept for the next request.

Law: no thread and no timer, since neither runs while a function is frozen; everything is decided
when a connection is asked for or given back. A connection is never handed out past its lifetime,
nor unasked when it may have died unseen. Why not psycopg_pool: docs/decisions.
"""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, Self

import psycopg
from psycopg import pq
from psycopg.rows import tuple_row

from vela.dsql.connection import Connection
from vela.dsql.deadline import Clocks, Deadline, between
from vela.dsql.opening import Opener
from vela.dsql.token import Credentials
from vela.errors import DeadlineExceeded, DsqlError, PoolExhausted
from vela.settings import DsqlSettings

IDLE = pq.TransactionStatus.IDLE

log = logging.getLogger(__name__)

# Aurora DSQL closes a connection at 60 minutes; a transaction may last the 5 before.
LIFETIME_S = 55 * 60.0
# Up to a fifth is taken off by chance, so that connections opened together end apart.
JITTER = 0.2
# A connection that rested longer is asked before use: it may have been frozen meanwhile.
REST_S = 5.0
# What that question may take; after this a new connection is the quicker way.
CHECK_S = 1.0
DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What a pool did so far, and what it holds now."""

    opened: int
    reused: int
    discarded: int
    idle: int
    in_use: int
    max_size: int


class Opens(Protocol):
    """Opens connections."""

    def open(self, deadline: Deadline) -> Connection:
        """Open one before the deadline or raise a classified error."""


@dataclass(slots=True)
class Loan:
    """A connection for the length of a with-block; half the cost of `contextlib.contextmanager`."""

    take: Callable[[Deadline], Connection]
    give_back: Callable[[Connection], None]
    deadline: Deadline
    conn: Connection = field(init=False)

    def __enter__(self) -> Connection:
        self.conn = self.take(self.deadline)
        return self.conn

    def __exit__(self, *_: object) -> None:
        self.give_back(self.conn)


class Pool:
    """At most *max_size* connections to one cluster, opened when first needed."""

    def __init__(
        self,
        settings: DsqlSettings,
        *,
        credentials: Callable[[], Credentials],
        max_size: int = 2,
        name: str = "dsql",
        opener: Opens | None = None,
        clocks: Clocks | None = None,
        roll: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.name = name
        self._opener = opener or Opener(settings=settings, credentials=credentials)
        self._clocks = clocks or Clocks()
        self._roll = roll
        self._max_size = max_size
        self._lock = threading.Lock()  # guards what follows
        self._changed = threading.Condition(self._lock)
        self._idle: list[Connection] = []
        self._in_use = self._opened = self._reused = self._discarded = 0
        self._closed = False

    def connection(self, *, deadline: Deadline | None = None) -> Loan:
        """Lend a connection; the deadline bounds waiting, connecting and every statement."""
        return Loan(self._take, self._give_back, deadline or Deadline.after(DEADLINE_S))

    def age_s(self, conn: Connection) -> float:
        """Seconds since *conn* was opened."""
        return between(conn.opened_at, self._clocks.read())

    def stats(self) -> Stats:
        """Count, at one moment."""
        with self._lock:
            return Stats(
                opened=self._opened,
                reused=self._reused,
                discarded=self._discarded,
                idle=len(self._idle),
                in_use=self._in_use,
                max_size=self._max_size,
            )

    def close(self) -> None:
        """Close what is idle now, and what is in use when it is given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for conn in idle:
            conn.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, deadline: Deadline) -> Connection:
        conn = self._reserve(deadline)
        try:
            while conn and not self._is_fit(conn, deadline):
                self._discard(conn, "dead or too old")
                conn = self._next_idle()
            conn = conn or self._open(deadline)
        except BaseException:
            self._vacate()
            raise
        conn.deadline = deadline
        conn.uses += 1
        return conn

    def _reserve(self, deadline: Deadline) -> Connection | None:
        """Wait for a place; take the connection used last, which is the likeliest to be alive."""
        with self._lock:
            while not self._closed and self._in_use >= self._max_size:
                if not self._changed.wait(deadline.remaining()) and deadline.passed:
                    raise PoolExhausted(
                        f"pool {self.name!r}: all {self._max_size} connections stayed in use for "
                        f"{deadline.seconds:g} s",
                        "give connections back sooner, or make the pool larger",
                    )
            if self._closed:
                raise DsqlError(f"pool {self.name!r} is closed", "make a new one")
            self._in_use += 1
            return self._idle.pop() if self._idle else None

    def _next_idle(self) -> Connection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _vacate(self) -> None:
        with self._lock:
            self._in_use -= 1
            self._changed.notify()

    def _open(self, deadline: Deadline) -> Connection:
        conn = self._opener.open(deadline)
        conn.opened_at = self._clocks.read()
        conn.lifetime_s = LIFETIME_S * (1.0 - JITTER * self._roll())
        with self._lock:
            self._opened += 1
        return conn

    def _is_fit(self, conn: Connection, deadline: Deadline) -> bool:
        """Tell whether an idle connection may be handed out; ask it only where there is doubt."""
        now = self._clocks.read()
        if between(conn.opened_at, now) >= conn.lifetime_s:
            return False
        if between(conn.rested_at, now) < REST_S and not conn.has_news():
            return True
        conn.deadline = deadline.within(CHECK_S)
        try:
            conn.ping()
        except psycopg.errors.SerializationFailure:  # an answer: the schema changed meanwhile
            return True
        except (psycopg.Error, DeadlineExceeded):
            return False
        return True

    def _give_back(self, conn: Connection) -> None:
        """Keep a connection that is as it was when it was new; close any other."""
        conn.row_factory = tuple_row
        conn.rested_at = self._clocks.read()
        fault = self._fault(conn)
        with self._lock:
            fault = fault or ("pool closed" if self._closed else None)
            if fault is None:
                self._idle.append(conn)
            self._reused += conn.uses > 1
            self._in_use -= 1
            self._changed.notify()
        if fault:
            self._discard(conn, fault)

    def _fault(self, conn: Connection) -> str | None:
        """Say why *conn* may not be used again."""
        if conn.pgconn.transaction_status != IDLE:  # UNKNOWN where the connection is closed
            return "broken" if conn.closed else "in a transaction"
        if not conn.autocommit:
            return "not in autocommit"
        if between(conn.opened_at, conn.rested_at) >= conn.lifetime_s:
            return "too old"
        return None

    def _discard(self, conn: Connection, why: str) -> None:
        conn.close()
        with self._lock:
            self._discarded += 1
        log.info("dsql.connection.discarded", extra={"pool": self.name, "why": why})
