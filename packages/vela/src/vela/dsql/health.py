"""Whether the cluster is there for us, right now.

Law: one ``SELECT 1`` the way every request goes, under one deadline, with what it took; a failure
is the classified error. Kept lean: it is measured against a bare ``SELECT 1``.
"""

import time
from dataclasses import dataclass

import psycopg

from vela.dsql.deadline import Deadline
from vela.dsql.failures import classify
from vela.dsql.pool import Pool
from vela.errors import Conflict, ConnectionLost


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthy:
    """The cluster answered. *token_ms* and *connect_ms* are of when the connection was opened."""

    cluster: str
    region: str
    role: str
    server_version: str
    token_ms: float
    connect_ms: float
    query_ms: float
    reused: bool
    age_s: float


def probe(pool: Pool, *, deadline_s: float = 5.0) -> Healthy:
    """Ask the cluster for an answer within *deadline_s*, or raise why there is none."""
    deadline = Deadline.after(deadline_s)
    try:
        return _ask(pool, deadline)
    except (ConnectionLost, Conflict):
        # A connection that died while it rested, or whose view of the schema is old (OC001 hits
        # reads too), tells nothing of the cluster; ask once more.
        return _ask(pool, deadline)


def _ask(pool: Pool, deadline: Deadline) -> Healthy:
    settings = pool.settings
    with pool.connection(deadline=deadline) as conn:
        started = time.perf_counter()
        try:
            conn.ping()
        except psycopg.Error as error:
            raise classify(error, settings) from error
        query_s = time.perf_counter() - started
        return Healthy(
            cluster=settings.cluster_id,
            region=settings.region,
            role=settings.role,
            server_version=(conn.pgconn.parameter_status(b"server_version") or b"").decode(),
            token_ms=round(conn.token_s * 1e3, 3),
            connect_ms=round(conn.connect_s * 1e3, 3),
            query_ms=round(query_s * 1e3, 3),
            reused=conn.uses > 1,
            age_s=round(pool.age_s(conn), 3),
        )
