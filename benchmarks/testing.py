"""dsql-local as tests use it: reset between tests, a cold start of pytest, connecting by each client."""

import asyncio
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import aurora_dsql_psycopg
import psycopg2
from benchmarks.row import Row, below, seen

import dsql_local

ROUNDS = 20
CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def dsql_schema(dsql_server):
    with dsql_server.connect() as connection:
        connection.execute("CREATE TABLE kept (id bigint PRIMARY KEY, note text)")
"""
TESTS = """
def test_one(dsql):
    assert dsql.execute("SELECT count(*) FROM kept").fetchone() == (0,)

def test_other(dsql):
    dsql.execute("DELETE FROM kept")
"""
# What a test of moderate appetite leaves behind.
LEFT: dict[str, tuple[str, ...]] = {
    "nothing but rows": ("INSERT INTO kept VALUES (1, 'a')",),
    "three tables, a view and a mapped role": (
        *(f"CREATE TABLE t{n} (id bigint PRIMARY KEY, v text, UNIQUE (v))" for n in range(3)),
        "CREATE VIEW v AS SELECT * FROM t1",
        "CREATE ROLE app WITH LOGIN",
        "AWS IAM GRANT app TO 'arn:aws:iam::123456789012:role/app'",
    ),
    "a column on a table of the baseline (a copy is made)": (
        "ALTER TABLE kept ADD COLUMN extra int",
    ),
}


def milliseconds(action: Callable[[], object]) -> float:
    """Time one call."""
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1000


def resets(cluster: dsql_local.Endpoint) -> list[Row]:
    rows = []
    for what, statements in LEFT.items():
        samples = []
        for _ in range(ROUNDS):
            with cluster.connect() as connection:
                for statement in statements:
                    connection.execute(statement)
            samples.append(milliseconds(cluster.restore))
        value = statistics.median(samples)
        name = f"reset after a test that left {what} (p50)"
        rows.append(seen(name, value, "ms") if "copy" in what else below(name, value, "ms", 20))
    return rows


def connects(cluster: dsql_local.Endpoint) -> list[Row]:
    """Connect, ask one thing, and close: TLS, a token, its verification and a PostgreSQL session."""
    address = {"host": cluster.endpoint, "port": cluster.server.port}
    context = ssl.create_default_context(cafile=cluster.server.ca_file)

    class Resolving(asyncio.SelectorEventLoop):
        async def getaddrinfo(self, host: Any, port: Any, **more: Any) -> Any:  # noqa: ARG002 - it is always ours
            return await super().getaddrinfo("127.0.0.1", port, **more)

    async def by_asyncpg() -> None:
        connection = await asyncpg.connect(
            **address, user="admin", database="postgres", password=cluster.token(), ssl=context
        )
        await connection.fetchval("SELECT 1")
        await connection.close()

    def by_psycopg() -> None:
        with cluster.connect() as connection:
            connection.execute("SELECT 1")

    def by_psycopg2() -> None:
        connection = psycopg2.connect(**cluster.parameters())
        connection.cursor().execute("SELECT 1")
        connection.close()

    def by_connector() -> None:
        with aurora_dsql_psycopg.DSQLConnection.connect(host=cluster.endpoint) as connection:
            connection.execute("SELECT 1")

    with asyncio.Runner(loop_factory=Resolving) as runner:
        ways: dict[str, Callable[[], object]] = {
            "psycopg 3": by_psycopg,
            "psycopg2": by_psycopg2,
            "asyncpg": lambda: runner.run(by_asyncpg()),
            "the official connector on psycopg 3": by_connector,
        }
        return [
            seen(f"connect, SELECT 1 and close by {name} (p50)", _median(way), "ms")
            for name, way in ways.items()
        ]


def _median(action: Callable[[], object]) -> float:
    action()  # imports and first-use caches are not the connection's
    return statistics.median(milliseconds(action) for _ in range(ROUNDS))


def cold_start() -> Row:
    """Run one test of a fresh project, from the command to its end, with no other plugin."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        (Path(folder) / "test_it.py").write_text(TESTS, encoding="utf-8")
        plugin = ["-p", "dsql_local.pytest_plugin", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", "-q", "-k", "one", *plugin]
        environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

        def run() -> None:
            subprocess.run(
                command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment
            )

        samples = [milliseconds(run) / 1000 for _ in range(5)]
    return below(
        "pytest -k one_test with the plugin, cold (p50)", statistics.median(samples), "s", 2
    )


def run() -> list[Row]:
    """Measure all three."""
    with dsql_local.running() as cluster:
        with cluster.connect() as connection:
            connection.execute("CREATE TABLE kept (id bigint PRIMARY KEY, note text)")
        cluster.remember()
        os.environ |= cluster.environment()
        return [*resets(cluster), *connects(cluster), cold_start()]
