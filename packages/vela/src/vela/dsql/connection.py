"""One connection to the cluster, every wait of which is bounded.

Law: the only place that opens sockets. A connection that missed its deadline is closed, since
nobody knows what it would answer next. A failure to open leaves here classified; on an open
connection psycopg's own errors pass, since only the caller knows what they mean.
"""

import math
import queue
import select
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import psycopg
from psycopg import generators, pq, waiting
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo

from vela.dsql.deadline import Deadline, Moment
from vela.errors import DeadlineExceeded

T = TypeVar("T")
Y = TypeVar("Y")
S = TypeVar("S")

# How often a wait looks up from its socket to see whether its deadline has passed.
INTERVAL_S = 0.05

# What callers of psycopg's own connect may choose is decided here, for every connection alike.
DECIDED = ("autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory")


NEVER = Deadline(math.inf, math.inf)
IN_TRANSACTION = (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection that is in autocommit and keeps to a deadline."""

    deadline: Deadline = NEVER  # until it is lent
    token_s: float = 0.0  # what opening took, in its two steps
    connect_s: float = 0.0
    opened_at: Moment = (0.0, 0.0)  # the pool's notes
    rested_at: Moment = (0.0, 0.0)
    lifetime_s: float = 0.0
    uses: int = 0
    _poll: "select.poll | None" = None  # typeshed has a class where Python has a function

    # Narrower than psycopg's: a deadline is added, and what it lets callers choose is decided.
    @classmethod
    def connect(  # type: ignore[override]
        cls, conninfo: str = "", *, deadline: Deadline | None = None, **params: Any
    ) -> Self:
        """Connect to one address, of which psycopg's own connect would bound the whole seconds."""
        deadline = deadline or Deadline.after(5.0)
        started = time.perf_counter()
        params = {name: value for name, value in params.items() if name not in DECIDED}
        attempt = generators.connect(make_conninfo(conninfo, **params))
        late = psycopg.errors.ConnectionTimeout("connection failed: timeout expired")
        conn = cls(waiting.wait_conn(bounded(attempt, deadline, lambda: late), INTERVAL_S))
        conn.connect_s = time.perf_counter() - started
        conn.autocommit = True
        # A prepared statement lives in one session. Sessions here are few and short, and the
        # names of prepared statements are not kept by Aurora DSQL.
        conn.prepare_threshold = None
        conn.deadline = deadline
        return conn

    def wait(self, gen: PQGen[T], interval: float = INTERVAL_S, timeout: float | None = None) -> T:
        """Do one exchange with the server, or close the connection at the deadline."""
        if self.deadline.passed:  # nothing is sent, so there is no need to close
            raise self._too_late()
        exchange = bounded(gen, self.deadline, self._give_up)
        try:
            return waiting.wait(exchange, self.pgconn.socket, interval, timeout)
        except (KeyboardInterrupt, SystemExit):
            self.close()  # psycopg would ask the server to cancel, which Aurora DSQL cannot
            raise

    @contextmanager
    def transaction(
        self,
        savepoint_name: str | None = None,
        force_rollback: bool = False,  # noqa: FBT001, FBT002  psycopg's signature
    ) -> Iterator[psycopg.Transaction]:
        """Begin and end a transaction; there is one level, as Aurora DSQL has no SAVEPOINT."""
        if self.pgconn.transaction_status in IN_TRANSACTION:
            raise psycopg.ProgrammingError(
                "a transaction is open on this connection and Aurora DSQL has no SAVEPOINT: "
                "do the work in the open one"
            )
        with super().transaction(savepoint_name, force_rollback) as tx:
            try:
                yield tx
            except BaseException:
                if self.deadline.passed:  # no time for ROLLBACK: closing rolls back as well
                    self.close()
                raise

    def ping(self) -> None:
        """Ask for an answer, without the cost of a cursor."""
        with self.lock:
            self.pgconn.send_query(b"SELECT 1")
            *_, result = self.wait(generators.execute(self.pgconn))
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise psycopg.errors.error_from_result(result)

    def has_news(self) -> bool:
        """Tell whether the server said something unasked, such as goodbye; sends nothing."""
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.pgconn.socket, select.POLLIN)
        return bool(self._poll.poll(0))

    def _too_late(self) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"no answer within the {self.deadline.seconds:g} s this work was given",
            "try again; if it stays so, look for a slow statement or give it more time",
        )

    def _give_up(self) -> DeadlineExceeded:
        self.close()
        return self._too_late()


def bounded(
    gen: Generator[Y, S, T], deadline: Deadline, give_up: Callable[[], Exception]
) -> Generator[Y, S, T]:
    """Pass everything through until the deadline; then let *gen* hear of it."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            wanted = gen.throw(give_up()) if deadline.passed else gen.send(ready)
    except StopIteration as done:
        value: T = done.value
        return value


def resolve(host: str, port: int, deadline: Deadline) -> Sequence[str]:
    """Find the host's addresses in time.

    getaddrinfo(3) cannot be given a timeout, so it gets a thread of its own; one that hangs is
    left behind and ends with the resolver's own timeout.
    """
    found: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put(list(dict.fromkeys(str(answer[4][0]) for answer in answers)))
        except OSError as error:
            found.put(error)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        answer = found.get(timeout=deadline.remaining())
    except queue.Empty:
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answered in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer
