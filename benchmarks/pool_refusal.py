"""What a caller hears when the cluster refuses a connection: through our pool, and psycopg_pool.

Law: both pools ask the same `dsql-local` for a role that is not mapped, with the same time to spare.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg_pool
from benchmarks.handler import standin
from benchmarks.row import Row, seen

from vela.dsql.deadline import Deadline
from vela.dsql.pool import Pool
from vela.dsql.token import Credentials, sign
from vela.errors import RoleNotMapped
from vela.settings import DsqlSettings

WAIT_S = 3.0
ROLE = "nobody_mapped"


def run() -> list[Row]:
    """Be refused by both; a pool that hid the reason would raise something else here."""
    with standin() as env:
        settings = replace(DsqlSettings.from_env(env), role=ROLE)
        ours_s = refused_by_ours(settings, env)
        theirs_s, attempts = refused_by_theirs(settings, env)
    return [
        seen("refused connection: our pool names the cause after", ours_s * 1000, "ms"),
        seen("refused connection: psycopg_pool says PoolTimeout after", theirs_s * 1000, "ms"),
        seen("connections psycopg_pool opened meanwhile", attempts, "attempts"),
    ]


def refused_by_ours(settings: DsqlSettings, env: Mapping[str, str]) -> float:
    def ask() -> None:
        with pool.connection(deadline=Deadline.after(WAIT_S)):
            raise AssertionError

    with Pool(settings, credentials=lambda: Credentials.from_env(env)) as pool:
        return seconds(ask, raising=RoleNotMapped)


def refused_by_theirs(settings: DsqlSettings, env: Mapping[str, str]) -> tuple[float, int]:
    attempts = 0

    def params() -> dict[str, Any]:
        nonlocal attempts
        attempts += 1
        return {
            "host": settings.endpoint.host,
            "hostaddr": settings.host_address,
            "port": settings.port,
            "user": ROLE,
            "dbname": settings.database,
            "sslmode": "verify-full",
            "sslrootcert": settings.root_certificate,
            "password": sign(
                host=settings.endpoint.host,
                region=settings.region,
                user=ROLE,
                credentials=Credentials.from_env(env),
                now=datetime.now(UTC),
            ),
        }

    def ask() -> None:
        with pool.connection(timeout=WAIT_S):
            raise AssertionError

    with psycopg_pool.ConnectionPool(kwargs=params, min_size=0, max_size=2, open=True) as pool:
        waited_s = seconds(ask, raising=psycopg_pool.PoolTimeout)
    return waited_s, attempts


def seconds(ask: Callable[[], None], *, raising: type[Exception]) -> float:
    """Tell how long *ask* took to raise."""
    started = time.perf_counter()
    with suppress(raising):
        ask()
    return time.perf_counter() - started


if __name__ == "__main__":
    for row in run():
        print(row)
