"""A server for a while: the process, its temporary data, and their end.

Law: a real `dsql-local serve` in a process of its own, on ports the system chooses. Whatever ends
the block, the process is gone and its data with it; if this process dies without a word, the
server is told by the system where the system can (Linux).
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from dsql_local import ready_file
from dsql_local.endpoint import Endpoint
from dsql_local.errors import StartFailed
from dsql_local.postgres import place
from dsql_local.postgres.process import LAUNCHER

# The first start of all makes a template (a second or so); a busy machine takes its time.
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
POLL_S = 0.005


@contextlib.contextmanager
def running(
    *, region: str = "us-east-1", account: str = "123456789012", options: Sequence[str] = ()
) -> Iterator[Endpoint]:
    """Run a server with an empty cluster; *options* are further ones of `dsql-local serve`."""
    with _directory() as directory:
        serve = ["serve", "--data-dir", str(directory), "--port", "0"]
        chosen = ["--region", region, "--account", account, *options]
        output = directory / "output.txt"
        process = _spawn([sys.executable, "-m", "dsql_local", *serve, *chosen], output)
        try:
            yield _ready(process, directory / ready_file.NAME, output)
        finally:
            _stop(process)


def _spawn(command: list[str], output: Path) -> "subprocess.Popen[bytes]":
    told_to_stop = str(int(signal.SIGTERM))
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), told_to_stop, "-"]
    with output.open("wb") as log:
        return subprocess.Popen(
            [*launcher, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for whoever called; the end of the block stops it
        )


def _ready(process: "subprocess.Popen[bytes]", path: Path, output: Path) -> Endpoint:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not path.exists():
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            why = "ended at once" if ended else f"was not ready in {START_TIMEOUT_S:.0f} s"
            said = output.read_text(errors="replace").strip() or "it printed nothing"
            raise StartFailed(f"dsql-local {why}: {said}", fix="See `dsql-local serve --help`.")
        time.sleep(POLL_S)
    return Endpoint.of(ready_file.read(path))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _directory() -> Iterator[Path]:
    """A directory that PostgreSQL's account can reach when root runs this."""
    path = Path(tempfile.mkdtemp(prefix="dsql-local-"))
    if os.geteuid() == 0:
        path.chmod(0o711)
    try:
        yield path
    finally:
        place.forget(path)
        shutil.rmtree(path, ignore_errors=True)
