"""The platform as a user meets it: the first and the second ``vela up``, the health-check's time.

Everything runs in a home of its own; what is installed is used as it is.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.row import Row, at_least, below

CHECKOUT = Path(__file__).parents[1]
VELA = Path(sys.executable).with_name("vela")
UP = ("up", "--port", "0", "--dsql-port", "0")


def run() -> list[Row]:
    """Bring a platform up twice and call it."""
    with tempfile.TemporaryDirectory() as home:
        try:
            first = _timed(home, *UP)
            second = _timed(home, *UP)
            health = json.loads(_vela(home, "health", "--count", "300", "--json"))
        finally:
            _vela(home, "down", "--purge")
    return [
        below("first `vela up` after installation", first, "s", 90),
        below("second `vela up`, nothing changed", second, "s", 10),
        at_least("health-checks ok of 300", health["ok"], "", 300),
        below("health-check through CloudFront, warm p50", health["p50_ms"], "ms", 20),
        below("health-check through CloudFront, warm p99", health["p99_ms"], "ms", 100),
    ]


def _timed(home: str, *arguments: str) -> float:
    started = time.perf_counter()
    _vela(home, *arguments)
    return time.perf_counter() - started


def _vela(home: str, *arguments: str) -> str:
    done = subprocess.run(
        [VELA, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "VELA_HOME": home},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
