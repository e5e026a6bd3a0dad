"""The data directory as a whole: one server at a time, and what lies where.

Law: held by a lock of the kernel's, which the death of its holder releases, so there is no stale
lock to break. A marker says that a server made what bears the names below; nothing else there is
ever used or removed.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsql_local import disk
from dsql_local.atomic import write_private
from dsql_local.errors import AlreadyServing, DataDirectoryUnusable
from dsql_local.postgres import place
from dsql_local.ready_file import LOCK, NAME

MARKER: Final = "dsql-local-data"
TREES: Final = ("registry", "tls", "postgres")
# In this order: what is left by a purge that was interrupted can be purged.
KEPT: Final = (*TREES, NAME, f"{NAME}.[0-9]*", LOCK, MARKER)


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
        _mark(path)
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if disk.is_full(error):
            raise
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


def forget(path: Path) -> list[str]:
    """Remove what servers made in *path* and elsewhere for it; name what stays, being another's."""
    if not path.exists():
        return []
    if not path.is_dir():
        raise DataDirectoryUnusable(f"{path} is not a directory", fix=_NAME_IT)
    if any(path.iterdir()) and not _made_here(path):
        what = f"{path} is no data directory of dsql-local: nothing in it was touched"
        raise DataDirectoryUnusable(what, fix=_NAME_IT)
    with held(path):
        place.forget(path)
        for pattern in KEPT:
            for found in [found for found in path.iterdir() if found.match(pattern)]:
                disk.remove(found)
    left = sorted(found.name for found in path.iterdir())
    if not left:
        with contextlib.suppress(OSError):  # where a file system is mounted, it stays
            path.rmdir()
    return left


_NAME_IT: Final = "Name the directory that `dsql-local serve` has as its --data-dir."


def _mark(path: Path) -> None:
    """Say whose the directory is, before anything is in it that could be mistaken for another's."""
    marker = path / MARKER
    if marker.exists():
        return
    others = [name for name in TREES if os.path.lexists(path / name)]
    if others and not _made_here(path):
        raise DataDirectoryUnusable(
            f"{path} has a `{others[0]}` that dsql-local did not make",
            fix="Name another directory with --data-dir.",
        )
    write_private(marker, b"Kept by dsql-local; `dsql-local purge` forgets it.\n")


def _made_here(path: Path) -> bool:
    # The two files are what a server left that knew of no marker.
    unmarked = (path / LOCK).is_file() and (path / "registry" / "state").is_file()
    return unmarked or (path / MARKER).is_file()
