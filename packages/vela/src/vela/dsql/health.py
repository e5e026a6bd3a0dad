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
    try:
        with pool.connection(deadline=Deadline.after(deadline_s)) as conn:
            started = time.perf_counter()
            conn.execute("SELECT 1").fetchone()
            query_s = time.perf_counter() - started
            return Healthy(
                cluster=pool.settings.cluster_id,
                region=pool.settings.region,
                role=pool.settings.role,
                server_version=(conn.pgconn.parameter_status(b"server_version") or b"").decode(),
                token_ms=round(conn.token_s * 1e3, 3),
                connect_ms=round(conn.connect_s * 1e3, 3),
                query_ms=round(query_s * 1e3, 3),
                reused=conn.uses > 1,
                age_s=round(pool.age_s(conn), 3),
            )
    except psycopg.Error as error:
        raise classify(error, pool.settings) from error
