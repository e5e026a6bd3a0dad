"""Where root's PostgreSQL files go when the account that runs PostgreSQL cannot reach them.

Law: one directory for each data directory, whose name it notes before it holds anything else, and
until it holds nothing else. It is removed with the data directory by `forget`; when that was not
asked for, `collect` takes it away at the next start of any server, if what it belonged to was for
temporary files and is gone. Any other might only be unmounted. Where a PostgreSQL runs, nothing
is taken away.
"""

import contextlib
import hashlib
import re
import tempfile
from pathlib import Path
from typing import Final

from dsql_local import disk
from dsql_local.atomic import write_private
from dsql_local.postgres.process import serves

SYSTEM = Path("/var/lib/dsql-local")
NOTE = "data-directory"
_NAME: Final = re.compile(r"[0-9a-f]{12}")
# A directory without a note has just been made, or its server was killed at that moment, or it is
# of a server that wrote none: data in it may still be somebody's.
UNNOTED_EMPTY_S: Final = 3600.0
UNNOTED_S: Final = 30 * 24 * 3600.0


def digest(data_dir: Path) -> str:
    """Name *data_dir* in few characters."""
    return hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]


def provide(data_dir: Path, system: Path) -> Path:
    """Make the directory that goes with *data_dir*."""
    directory = traversable(system) / digest(data_dir)
    claim(directory, data_dir)
    return directory


def claim(directory: Path, data_dir: Path) -> None:
    """Make *directory* if it is not there, and note that it belongs to *data_dir*."""
    traversable(directory)
    # Anew at every start: a data directory that was moved would seem to be gone.
    write_private(directory / NOTE, f"{data_dir.resolve()}\n".encode())


def traversable(directory: Path) -> Path:
    """Make *directory*, through which others may pass but into which they cannot look."""
    directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    directory.chmod(0o711)
    return directory


def remove(directory: Path) -> None:
    """Remove *directory*, its note last: interrupted, it can be collected."""
    with contextlib.suppress(FileNotFoundError):
        for found in directory.iterdir():
            if found.name != NOTE:
                disk.remove(found)
        (directory / NOTE).unlink(missing_ok=True)
        directory.rmdir()


def collect(system: Path, *, now: float) -> None:
    """Remove the directories whose data directory is gone."""
    for directory in system.iterdir() if system.is_dir() else ():
        with contextlib.suppress(OSError):  # another server collects it, too
            if _NAME.fullmatch(directory.name) and _left(directory, now) and not _used(directory):
                remove(directory)


def _left(directory: Path, now: float) -> bool:
    try:
        data_dir = Path((directory / NOTE).read_text().removesuffix("\n"))
    except FileNotFoundError:
        return _forgotten(directory, now)
    temporary = Path(tempfile.gettempdir()).resolve()
    return data_dir.is_relative_to(temporary) and not data_dir.exists()


def _forgotten(directory: Path, now: float) -> bool:
    found = list(directory.iterdir())
    # An instance's log is written to at its start and at its end.
    newest = max(path.stat().st_mtime for path in (directory, *found))
    return now - newest > (UNNOTED_S if found else UNNOTED_EMPTY_S)


def _used(directory: Path) -> bool:
    """Whether a PostgreSQL server runs on data below *directory*."""
    return any(_claimed(claim) for claim in directory.glob("*/postmaster.pid"))


def _claimed(claim: Path) -> bool:
    pid = claim.read_text().partition("\n")[0]
    return pid.isdecimal() and serves(int(pid), claim.parent)
