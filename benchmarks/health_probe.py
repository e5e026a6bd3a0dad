"""What the access layer adds to a query: `probe` against a bare ``SELECT 1``.

Law: both ask the same `dsql-local` over connections that are open and warm, in turns within one run.
Opening a connection is measured too, by our signer and by the official connector, in turns.
"""

from collections.abc import Callable, Mapping

from benchmarks.handler import bare_connection, standin, timed
from benchmarks.row import Row, below, interleaved, seen

from vela.dsql.deadline import Deadline
from vela.dsql.health import probe
from vela.dsql.opening import Opener
from vela.dsql.pool import Pool
from vela.dsql.token import Credentials
from vela.settings import DsqlSettings

ROUNDS = 4000
OPENINGS = 25
WARM_UP = 400
TARGET = 1.3


def run() -> list[Row]:
    """Measure probe and bare query in turns, then both ways to open."""
    with standin() as env, bare_connection(env) as conn:
        with Pool(
            DsqlSettings.from_env(env), credentials=lambda: Credentials.from_env(env)
        ) as pool:
            probed = timed(lambda: probe(pool))
            queried = timed(lambda: conn.execute("SELECT 1").fetchone())
            interleaved(probed, queried, rounds=WARM_UP)
            probe_ms, bare_ms = interleaved(probed, queried, rounds=ROUNDS)
            lent_ms = timed(lambda: lend(pool, times=ROUNDS))() / ROUNDS
        ours, theirs = opening(env, "vela"), opening(env, "aws")
        interleaved(ours, theirs, rounds=2)
        ours_ms, theirs_ms = interleaved(ours, theirs, rounds=OPENINGS)
    return [
        seen("bare psycopg SELECT 1 on an open connection, p50", bare_ms, "ms"),
        seen("health probe through the pool, p50", probe_ms, "ms"),
        below("health probe / bare SELECT 1", probe_ms / bare_ms, "x", TARGET),
        seen("lending an open connection, mean", lent_ms * 1000, "µs"),
        seen("a new connection, p50", ours_ms, "ms"),
        seen("a new connection by the official connector, p50", theirs_ms, "ms"),
    ]


def lend(pool: Pool, *, times: int) -> None:
    """Take a connection and give it back, without a word to the server."""
    for _ in range(times):
        with pool.connection():
            pass


def opening(env: Mapping[str, str], connector: str) -> Callable[[], float]:
    """Give what opens and closes one connection and tells the milliseconds."""
    settings = DsqlSettings.from_env({**env, "DSQL_CONNECTOR": connector})
    opener = Opener(settings=settings, credentials=lambda: Credentials.from_env(env))
    return timed(lambda: opener.open(Deadline.after(10)).close())


if __name__ == "__main__":
    for row in run():
        print(row)
