"""What the health-check costs inside the function, against a bare query on the same cluster.

Law: both sides ask the same `dsql-local` over connections that are open and warm, in turns within one
run. The handler's side is everything from event to answer: authorisation, pool, query, JSON.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psycopg
from benchmarks.row import Row, below, interleaved, seen

from vela.api.handler import Api, pool_of
from vela.api.routes import Services
from vela.api.services.dsql_health import DEADLINE_S, DsqlHealth
from vela.api.services.internal_secret import InternalSecret
from vela.dsql.health import probe
from vela.dsql.token import Credentials, sign

ROUNDS = 4000
WARM_UP = 400
READY_S = 60.0
TARGET = 1.3
SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
EVENT: Mapping[str, Any] = {
    "version": "2.0",
    "rawPath": "/api/internal/dsql-health",
    "headers": {
        "accept": "*/*",
        "accept-encoding": "gzip",
        "authorization": f"Bearer {SECRET}",
        "content-length": "0",
        "host": "abcdefghij.execute-api.us-east-1.amazonaws.com",
        "user-agent": "Amazon CloudFront",
        "via": "2.0 0123456789abcdef0123456789abcdef.cloudfront.net (CloudFront)",
        "x-amz-cf-id": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ==",
        "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
        "x-forwarded-for": "192.0.2.1, 198.51.100.1",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    },
    "requestContext": {"http": {"method": "GET"}, "requestId": "benchmark"},
}


def run() -> list[Row]:
    """Measure the handler and the bare query in turns."""
    with standin() as env, pool_of(env) as pool, bare_connection(env) as conn:
        health = DsqlHealth(partial(probe, pool, deadline_s=DEADLINE_S))
        secret = InternalSecret(lambda: SECRET)
        api = Api(Services(dsql_health=health, internal_secret=secret))

        def handled() -> None:
            answer = api(EVENT, "benchmark")
            if answer["statusCode"] != HTTPStatus.OK:
                raise RuntimeError(answer["body"])

        def queried() -> None:
            conn.execute("SELECT 1").fetchone()

        interleaved(timed(handled), timed(queried), rounds=WARM_UP)
        handler_ms, bare_ms = interleaved(timed(handled), timed(queried), rounds=ROUNDS)
    return [
        seen("bare psycopg SELECT 1, p50", bare_ms, "ms"),
        seen("health-check inside the handler, p50", handler_ms, "ms"),
        below("health-check inside the handler / bare SELECT 1", handler_ms / bare_ms, "x", TARGET),
    ]


def timed(action: Callable[[], None]) -> Callable[[], float]:
    """Give what runs *action* and tells its milliseconds."""

    def once() -> float:
        started = time.perf_counter()
        action()
        return (time.perf_counter() - started) * 1000

    return once


@contextmanager
def standin() -> Iterator[dict[str, str]]:
    """Serve the stand-alone cluster; give the environment of a function that uses it."""
    program = shutil.which("dsql-local", path=str(Path(sys.executable).parent)) or "dsql-local"
    with tempfile.TemporaryDirectory() as scratch:
        ready, data = Path(scratch, "ready.json"), Path(scratch, "data")
        command = [program, "serve", "--data-dir", str(data), "--ready-file", str(ready)]
        ports = ["--port", "0", "--control-port", "0"]
        process = subprocess.Popen([*command, *ports], stdout=subprocess.DEVNULL)
        try:
            yield environment(wait_for(ready, process))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(READY_S)


def wait_for(ready: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Read what the server says of itself once it is there."""
    end = time.monotonic() + READY_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError("dsql-local did not become ready")
        time.sleep(0.01)
    found: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
    return found


def environment(running: Mapping[str, Any]) -> dict[str, str]:
    """What the function's environment would hold."""
    return {
        "DSQL_ENDPOINT": running["endpoint"],
        "DSQL_CLUSTER_ARN": running["cluster_arn"],
        "DSQL_DATABASE_ROLE": "admin",
        "PGHOSTADDR": running["host"],
        "PGPORT": str(running["port"]),
        "PGSSLROOTCERT": running["ca_file"],
        "AWS_ACCESS_KEY_ID": running["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": running["secret_access_key"],
    }


def bare_connection(env: Mapping[str, str]) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as anybody would: psycopg's defaults, autocommit, verify-full."""
    host = env["DSQL_ENDPOINT"]
    return psycopg.connect(
        host=host,
        hostaddr=env["PGHOSTADDR"],
        port=int(env["PGPORT"]),
        user=env["DSQL_DATABASE_ROLE"],
        dbname="postgres",
        sslmode="verify-full",
        sslrootcert=env["PGSSLROOTCERT"],
        password=sign(
            host=host,
            region=host.split(".")[2],
            user=env["DSQL_DATABASE_ROLE"],
            credentials=Credentials.from_env(env),
            now=datetime.now(UTC),
        ),
        autocommit=True,
    )
