"""What a running server says of itself, in one file.

Law: the file is there, whole and readable by its owner only, while the server accepts
connections; who reads it learns all that is needed to use the server.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from dsql_local.atomic import write_private
from dsql_local.errors import NotServing

NAME = "ready.json"
LOCK = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running server; the last four only when it serves the stand-alone cluster."""

    pid: int
    host: str
    port: int
    control_url: str
    control_secret: str = field(repr=False)
    ca_file: str
    region: str
    account: str
    data_dir: str
    endpoint: str | None = None
    cluster_arn: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)

    def write(self, path: Path) -> None:
        """Tell that the server is ready."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, json.dumps(asdict(self), indent=1).encode() + b"\n")


def read(path: Path) -> Running:
    """Learn of the server that wrote *path*."""
    fix = "Start one with `dsql-local serve`, or name its --ready-file."
    try:
        found = json.loads(path.read_bytes())
        running = Running(**{each.name: found[each.name] for each in fields(Running)})
    except FileNotFoundError:
        raise NotServing(f"no server is ready: there is no {path}", fix) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NotServing(f"{path} does not describe a server ({error})", fix) from None
    if not (alive(running.pid) and holds(running.pid, Path(running.data_dir))):
        raise NotServing(f"the server of {path} (process {running.pid}) has ended", fix)
    return running


def holds(pid: int, data_dir: Path) -> bool:
    """Whether it is process *pid* that serves *data_dir*; its id may be another's by now."""
    try:
        with (data_dir / LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip() == str(pid)
    except OSError:
        return False  # who serves can be read by whoever may read its ready file
    return False


def alive(pid: int) -> bool:
    """Whether there is a process with this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
