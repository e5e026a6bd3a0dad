"""The directories of one server's PostgreSQL instances.

Law: decides where things are and makes the directories; starts nothing. All of it lies below the
data directory, but for two cases: sockets, whose paths must be short; and, for root only, data
or programs which the unprivileged account could not reach, which then lie below `elsewhere.SYSTEM`,
a link in the data directory leading there.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dsql_local.errors import DataDirectoryUnusable
from dsql_local.postgres import account as accounts
from dsql_local.postgres import binaries, elsewhere
from dsql_local.postgres.account import Account

SOCKET_NAME = ".s.PGSQL.5432"
# sun_path is 108 bytes on Linux and 104 on macOS, with its final zero.
LONGEST_SOCKET_PATH = 103
CLUSTER_ID_LENGTH = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the programs, the data and the sockets are, and whose they are."""

    programs: Path
    data: Path
    sockets: Path
    account: Account | None

    def program(self, name: str) -> str:
        """Path of one of PostgreSQL's programs."""
        return str(self.programs / "bin" / name)

    def of_cluster(self, identifier: str) -> Path:
        """The data directory of one cluster's instance."""
        return self.data / identifier


@contextlib.contextmanager
def settled(data_dir: Path, system: Path = elsewhere.SYSTEM) -> Iterator[Place]:
    """Find or make the directories for *data_dir*; remove those for sockets in the end."""
    place = settle(data_dir, system)
    try:
        yield place
    finally:
        shutil.rmtree(place.sockets, ignore_errors=True)


def settle(data_dir: Path, system: Path = elsewhere.SYSTEM) -> Place:
    """Find or make the directories for *data_dir*."""
    account = accounts.unprivileged()
    programs = binaries.installed()
    if account and not account.passes(programs / "bin"):
        programs = binaries.copied(programs, elsewhere.traversable(system))
    return Place(
        programs=programs,
        data=_data(data_dir, account, system),
        sockets=_sockets(data_dir, account),
        account=account,
    )


def forget(data_dir: Path) -> None:
    """Remove what lies outside *data_dir* on its behalf."""
    link = data_dir / "postgres"
    if link.is_symlink():
        shutil.rmtree(link.resolve(), ignore_errors=True)
    for directory in _socket_candidates(data_dir):
        if directory.exists() and directory.stat().st_uid == os.geteuid():
            shutil.rmtree(directory, ignore_errors=True)


def _data(data_dir: Path, account: Account | None, system: Path) -> Path:
    directory = data_dir / "postgres"
    if directory.is_symlink():
        elsewhere.traversable(directory.resolve())
    elif not directory.exists():
        if account is None:
            directory.mkdir(mode=0o700)
        elif account.passes(data_dir):
            elsewhere.traversable(directory)
        else:
            directory.symlink_to(elsewhere.provide(data_dir, system))
    return directory.resolve()


def _socket_candidates(data_dir: Path) -> list[Path]:
    roots = dict.fromkeys((Path(tempfile.gettempdir()), Path("/tmp")))  # noqa: S108 - _private checks the owner
    return [root / f"dsql-{elsewhere.digest(data_dir)}" for root in roots]


def _sockets(data_dir: Path, account: Account | None) -> Path:
    suffix = 2 + CLUSTER_ID_LENGTH + len(SOCKET_NAME)
    for directory in _socket_candidates(data_dir):
        reachable = account is None or account.passes(directory.parent)
        if reachable and len(str(directory)) + suffix <= LONGEST_SOCKET_PATH:
            return _private(directory, mode=0o711 if account else 0o700)
    raise DataDirectoryUnusable(
        "no directory for temporary files has a path short enough for a Unix socket",
        fix="Set TMPDIR to a short path.",
    )


def _private(directory: Path, mode: int) -> Path:
    """Make *directory* in a place anyone may write to; it must be ours and no link."""
    directory.mkdir(mode=mode, exist_ok=True)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise DataDirectoryUnusable(
            f"{directory} belongs to somebody else", fix="Remove it, or set TMPDIR."
        )
    directory.chmod(mode)
    return directory
