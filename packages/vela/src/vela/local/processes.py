"""The processes of the local cloud: started apart from the terminal, found again, stopped.

Law: a process is signalled only if it is the one that was started: its id *and* its start time are
those that were written down.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from vela.errors import MachineError, ProcessFailed

POLL_S = 0.01
PROC = Path("/proc/self/stat")  # on Linux; elsewhere `ps` tells the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A process as it was written down when it was started.

    Args:
        pid: Its id, also that of its session and process group.
        begun: Its start time as the system gives it; an id that was taken again has another.
        version: Of what the process was made; one of another version is replaced.

    """

    pid: int
    begun: str
    version: str

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return what *path* tells, or None for no file and for one half written."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def running(self) -> bool:
        """Tell whether this very process still runs."""
        return begun(self.pid) == self.begun

    def stop(self, *, patience_s: float) -> bool:
        """Ask the process to end, then make it; tell whether it ended by itself."""
        if not self.running:
            return True
        os.kill(self.pid, signal.SIGTERM)
        if _within(patience_s, lambda: not self.running):
            return True
        # The whole group: what the process had started must not outlive it.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        _within(patience_s, lambda: not self.running)
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to start, and where it writes.

    Args:
        name: Also the name of its files in the run and log directories.
        command: Program and arguments.
        environment: The process's whole environment.
        run: The directory of the pid and ready files.
        logs: The directory of the log file.
        version: Written down with the process.
        meanings: The error and its fix that an exit status stands for.

    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    run: Path
    logs: Path
    version: str
    meanings: Mapping[int, tuple[type[MachineError], str]] = field(default_factory=dict)

    @property
    def pid_file(self) -> Path:
        """Where the process is written down."""
        return self.run / f"{self.name}.pid"

    @property
    def ready_file(self) -> Path:
        """What the process writes once it serves."""
        return self.run / f"{self.name}.json"

    @property
    def log(self) -> Path:
        """Where the process's output goes."""
        return self.logs / f"{self.name}.log"

    def start(self) -> int:
        """Start the process in a session of its own, write it down and return its id."""
        self.ready_file.unlink(missing_ok=True)
        self._rotate_log()
        log_flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        # Not subprocess: its object expects to see the end of what it has started.
        pid = os.posix_spawn(
            self.command[0],
            list(self.command),
            self.environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), log_flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        _write(self.pid_file, asdict(Started(pid=pid, begun=begun(pid), version=self.version)))
        return pid

    def wait_ready(self, pid: int, *, patience_s: float) -> Any:
        """Return what the ready file tells; if the process ends first, its last words."""
        deadline = time.monotonic() + patience_s
        while not self.ready_file.exists():
            if (status := _exit_status(pid)) is not None:
                raise self._ended(status)
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"{self.name} was not ready within {patience_s:.0f} s: {self._last_words()}",
                    f"See {self.log}",
                )
            time.sleep(POLL_S)
        return json.loads(self.ready_file.read_text(encoding="utf-8"))

    def forget(self) -> None:
        """Remove what is true of a running process only."""
        self.pid_file.unlink(missing_ok=True)
        self.ready_file.unlink(missing_ok=True)

    def _rotate_log(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous.log"))

    def _ended(self, status: int) -> MachineError:
        known = self.meanings.get(status)
        if known is None:
            what = f"{self.name} ended with status {status}: {self._last_words()}"
            return ProcessFailed(what, f"See {self.log}")
        kind, fix = known
        return kind(self._last_words(), fix)

    def _last_words(self) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1].rstrip(".") if lines else "it wrote nothing"


def _exit_status(pid: int) -> int | None:
    """Return the status of a child that has ended, or None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def begun(pid: int) -> str:
    """Return when process *pid* was started, as text to compare; empty if there is none."""
    if PROC.exists():
        return _begun_by_proc(pid)
    listing = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, start = listing.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else start.strip()


def _begun_by_proc(pid: int) -> str:
    try:
        # The name in parentheses may hold anything, so count from behind it.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return ""
    state, started = fields[0], fields[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return "" if state in "ZX" else f"{boot}/{started}"


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document), encoding="utf-8")
    partial.replace(path)
