"""How long `vela doctor` takes on a deployed local cloud, and how many calls it makes.

Law: the whole command is timed as a person waits for it, start of Python included, with the assembly
of the last deployment kept.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.row import Row, below, seen

VELA = Path(sys.executable).with_name("vela")
RUNS = 7
LIMIT_S = 3.0


def run() -> list[Row]:
    """Deploy a platform of its own, ask the doctor several times, and forget the platform."""
    with tempfile.TemporaryDirectory() as home:
        try:
            _vela("up", "--home", home, "--port", "0", "--dsql-port", "0", "--count", "1")
            runs = [_timed(home) for _ in range(RUNS)]
        finally:
            _vela("down", "--home", home, "--purge")
    calls = json.loads(runs[-1][1])["calls"]
    times = [seconds for seconds, _ in runs]
    return [
        below("doctor on the local cloud, median", statistics.median(times), "s", LIMIT_S),
        below("doctor on the local cloud, slowest", max(times), "s", LIMIT_S),
        seen("read-only calls of the doctor without a domain", calls, "calls"),
    ]


def _timed(home: str) -> tuple[float, str]:
    started = time.perf_counter()
    # It ends with 1 where the machine's Node is past its end of life.
    told = _vela("doctor", "--target", "local", "--home", home, "--json", allowed=(0, 1))
    return time.perf_counter() - started, told


def _vela(*arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run([VELA, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        raise RuntimeError(done.stderr)
    return done.stdout
