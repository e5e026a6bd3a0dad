"""Child processes: how they start, and how they are found and stopped when left over.

Law: a child starts in a session of its own (the terminal's Ctrl-C is ours to pass on), under the
unprivileged account, with a signal that comes when this process dies, and with none of this
process's environment but what PostgreSQL needs.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from dsql_local.postgres.account import Account

LAUNCHER = Path(__file__).with_name("launch.py")
# PGDATA, PGPORT and their like would change what the server does; the locale is fixed.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def spawn(
    command: list[str],
    *,
    account: Account | None,
    death_signal: signal.Signals,
    output: IO[bytes] | int,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start *command*; call from the main thread, whose end is what the death signal tells."""
    who = f"{account.uid}:{account.gid}" if account else "-"
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())]
    return subprocess.Popen(
        [*launcher, str(int(death_signal)), who, *command],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=ENVIRONMENT,
        cwd="/",
    )


def run(command: list[str], *, account: Account | None, stdin: bytes = b"") -> tuple[int, str]:
    """Run *command* to its end and return exit code and output; on Ctrl-C kill all it started."""
    child = spawn(
        command,
        account=account,
        death_signal=signal.SIGKILL,
        output=subprocess.PIPE,
        stdin=subprocess.PIPE,
    )
    with child:
        try:
            output, _ = child.communicate(stdin)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    return child.returncode, output.decode(errors="replace")


def serves(pid: int, data: Path) -> bool:
    """Whether process *pid* is the PostgreSQL server of the data directory *data*."""
    return f" -D {data} " in f" {_command_line(pid)} "


def _command_line(pid: int) -> str:
    if Path("/proc/self/cmdline").exists():
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return raw.replace(b"\0", b" ").decode(errors="replace").strip()
    listing = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(listing, capture_output=True, text=True, check=False).stdout.strip()
