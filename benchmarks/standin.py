"""dsql-local: how soon it is ready, and what it adds to the PostgreSQL it stands before."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from benchmarks.row import Row, below, interleaved, seen

STARTS = 5
ROUNDS = 2000
CONNECTS = 60
READY_S = 60.0
COMMAND = (sys.executable, "-m", "dsql_local")


@contextmanager
def serving(data: Path, cache: Path) -> Iterator[tuple[float, dict[str, Any]]]:
    """Serve; give the seconds until the ready file was there, and what it says."""
    ready = data / "ready.json"
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--data-dir", str(data), "--port", "0"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not ready.exists():
            if process.poll() is not None or time.perf_counter() - started > READY_S:
                raise RuntimeError("dsql-local did not become ready")
            time.sleep(0.001)
        yield time.perf_counter() - started, json.loads(ready.read_text(encoding="utf-8"))
    finally:
        process.terminate()
        process.wait(READY_S)


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory which the account that runs PostgreSQL can pass through."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


def ready_seconds(*, warm: bool) -> float:
    """Median seconds of a first start on an empty data directory."""
    samples = []
    with scratch() as shared:
        if warm:
            with serving(shared / "first", shared):
                pass
        for number in range(STARTS):
            cache = shared if warm else shared / f"cache{number}"
            with serving(shared / str(number), cache) as (seconds, _):
                samples.append(seconds)
    return sorted(samples)[STARTS // 2]


def connect_through(facts: dict[str, Any], data: Path) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as a client of Aurora DSQL does, with a token signed beforehand."""
    return psycopg.connect(
        host=facts["endpoint"],
        hostaddr=facts["host"],
        port=facts["port"],
        user="admin",
        dbname="postgres",
        password=token(data),
        sslmode="verify-full",
        sslrootcert=facts["ca_file"],
        autocommit=True,
    )


def token(data: Path) -> str:
    """Ask the command line for a token; the time it takes is not part of any figure."""
    if data not in TOKENS:
        command = [*COMMAND, "token", "--ready-file", str(data / "ready.json")]
        TOKENS[data] = subprocess.check_output(command, text=True).strip()
    return TOKENS[data]


TOKENS: dict[Path, str] = {}


def connect_directly(facts: dict[str, Any], data: Path) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect to the same PostgreSQL past dsql-local."""
    identifier = facts["endpoint"].partition(".")[0]
    claim = (data / "postgres").resolve() / identifier / "postmaster.pid"
    socket_directory = claim.read_text(encoding="utf-8").splitlines()[4]
    return psycopg.connect(host=socket_directory, user="admin", dbname="postgres", autocommit=True)


def milliseconds(action: Any) -> float:
    """Time one call."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def run() -> list[Row]:
    """Measure."""
    rows = [
        below("dsql-local: ready, no template yet", ready_seconds(warm=False), "s", 3),
        below("dsql-local: ready, warm template", ready_seconds(warm=True), "s", 1),
    ]
    with scratch() as shared, serving(shared / "data", shared) as (_, facts):
        data = shared / "data"
        token(data)
        with connect_through(facts, data) as through, connect_directly(facts, data) as direct:
            queries = interleaved(
                lambda: milliseconds(lambda: through.execute("SELECT 1").fetchone()),
                lambda: milliseconds(lambda: direct.execute("SELECT 1").fetchone()),
                rounds=ROUNDS,
            )
        connects = interleaved(
            lambda: milliseconds(lambda: connect_through(facts, data).close()),
            lambda: milliseconds(lambda: connect_directly(facts, data).close()),
            rounds=CONNECTS,
        )
    for name, (through_ms, direct_ms) in {"SELECT 1": queries, "connection": connects}.items():
        rows += [
            seen(f"dsql-local: {name}", through_ms, "ms"),
            seen(f"its PostgreSQL past it: {name}", direct_ms, "ms"),
            seen(f"dsql-local: {name}, ratio", through_ms / direct_ms, "x"),
        ]
    return rows
