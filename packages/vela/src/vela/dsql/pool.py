"""Open connections, kept for the next request.

Law: no thread and no timer, since neither runs while a function is frozen; everything is decided
when a connection is asked for or given back. A connection is never handed out past its lifetime,
nor unasked when it may have died unseen. Why not psycopg_pool: docs/decisions.
"""

import logging
import random
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self

import psycopg
from psycopg import pq
from psycopg.rows import tuple_row

from vela.dsql.connection import Connection
from vela.dsql.deadline import Clocks, Deadline
from vela.dsql.opening import Opener
from vela.dsql.token import Credentials
from vela.errors import DeadlineExceeded, DsqlError, PoolExhausted
from vela.settings import DsqlSettings

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
        self._changed = threading.Condition()  # guards what follows
        self._idle: list[Connection] = []
        self._in_use = self._opened = self._reused = self._discarded = 0
        self._closed = False

    @contextmanager
    def connection(self, *, deadline: Deadline | None = None) -> Iterator[Connection]:
        """Lend a connection; the deadline bounds waiting, connecting and every statement."""
        conn = self._take(deadline or Deadline.after(DEADLINE_S))
        try:
            yield conn
        finally:
            self._give_back(conn)

    def age_s(self, conn: Connection) -> float:
        """Seconds since *conn* was opened."""
        return self._clocks.since(conn.opened_at)

    def stats(self) -> Stats:
        """Count, at one moment."""
        with self._changed:
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
        with self._changed:
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
        rested = self._reserve(deadline)
        try:
            while rested and not self._is_fit(rested, deadline):
                self._discard(rested, "dead or too old")
                rested = self._pop()
            conn = rested or self._opener.open(deadline)
        except BaseException:
            self._vacate()
            raise
        self._note(conn)
        conn.deadline = deadline
        return conn

    def _reserve(self, deadline: Deadline) -> Connection | None:
        """Wait for a place; take the connection used last, which is the likeliest to be alive."""
        with self._changed:
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

    def _pop(self) -> Connection | None:
        with self._changed:
            return self._idle.pop() if self._idle else None

    def _vacate(self) -> None:
        with self._changed:
            self._in_use -= 1
            self._changed.notify()

    def _note(self, conn: Connection) -> None:
        """Count a lending; the first one begins the connection's life."""
        conn.uses += 1
        if conn.uses == 1:
            conn.opened_at = self._clocks.read()
            conn.lifetime_s = LIFETIME_S * (1.0 - JITTER * self._roll())
        with self._changed:
            self._opened += conn.uses == 1
            self._reused += conn.uses > 1

    def _is_young(self, conn: Connection) -> bool:
        return self._clocks.since(conn.opened_at) < conn.lifetime_s

    def _is_fit(self, conn: Connection, deadline: Deadline) -> bool:
        """Tell whether a rested connection may be handed out; ask it only where there is doubt."""
        if not self._is_young(conn):
            return False
        if self._clocks.since(conn.rested_at) < REST_S and not _has_news(conn):
            return True
        conn.deadline = deadline.within(CHECK_S)
        try:
            conn.execute("SELECT 1")
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
        with self._changed:
            fault = fault or ("pool closed" if self._closed else None)
            if fault is None:
                self._idle.append(conn)
            self._in_use -= 1
            self._changed.notify()
        if fault:
            self._discard(conn, fault)

    def _fault(self, conn: Connection) -> str | None:
        """Say why *conn* may not be used again."""
        if conn.closed:
            return "broken"
        if conn.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            return "in a transaction"
        if not conn.autocommit:
            return "not in autocommit"
        return None if self._is_young(conn) else "too old"

    def _discard(self, conn: Connection, why: str) -> None:
        conn.close()
        with self._changed:
            self._discarded += 1
        log.info("dsql.connection.discarded", extra={"pool": self.name, "why": why})


def _has_news(conn: Connection) -> bool:
    """Tell whether the server said something unasked, such as goodbye; costs no round trip."""
    poll = select.poll()
    poll.register(conn.pgconn.socket, select.POLLIN)
    return bool(poll.poll(0))
