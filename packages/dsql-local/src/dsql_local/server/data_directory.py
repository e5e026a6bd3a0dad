"""The data directory as a whole: one server at a time, and what lies where.

Law: held by a lock of the kernel's, which the death of its holder releases, so there is no stale
lock to break.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dsql_local.errors import AlreadyServing, DataDirectoryUnusable


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDirectory:
    """Names of what is kept below one directory; ``postgres`` is the place's business."""

    path: Path

    @property
    def registry(self) -> Path:
        """Clusters, principals, credentials."""
        return self.path / "registry"

    @property
    def tls(self) -> Path:
        """Keys and certificates."""
        return self.path / "tls"


@contextlib.contextmanager
def held(path: Path) -> Iterator[DataDirectory]:
    """Make the data directory if there is none, and keep every other server out of it."""
    mode = 0o711 if os.geteuid() == 0 else 0o700  # PostgreSQL's account passes through root's
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataDirectoryUnusable(
            f"the data directory {path} cannot be used: {error.strerror}",
            fix="Make it writable, or name another with --data-dir.",
        ) from None
    with os.fdopen(descriptor, "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyServing(
                f"process {lock.read().strip() or 'unknown'} serves {path} already",
                fix="Use that one, stop it, or name another directory with --data-dir.",
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield DataDirectory(path=path)
