"""Where root's PostgreSQL files go when the account that runs PostgreSQL cannot reach them.

Law: one directory for each data directory, whose name it notes. It is removed with the data
directory by `forget`; when that was not asked for, a data directory for temporary files that is
gone takes its other half with it at the next occasion. Any other might only be unmounted.
"""

import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path

SYSTEM = Path("/var/lib/dsql-local")
NOTE = "data-directory"


def digest(data_dir: Path) -> str:
    """Name *data_dir* in few characters."""
    return hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]


def provide(data_dir: Path, system: Path) -> Path:
    """Make the directory that goes with *data_dir*."""
    _collect(system)
    directory = traversable(traversable(system) / digest(data_dir))
    (directory / NOTE).write_text(f"{data_dir.resolve()}\n")
    return directory


def traversable(directory: Path) -> Path:
    """Make *directory*, through which others may pass but into which they cannot look."""
    directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    directory.chmod(0o711)
    return directory


def _collect(system: Path) -> None:
    temporary = Path(tempfile.gettempdir()).resolve()
    for note in system.glob(f"*/{NOTE}"):
        with contextlib.suppress(OSError):  # another server collects it, too
            data_dir = Path(note.read_text().removesuffix("\n"))
            if data_dir.is_relative_to(temporary) and not data_dir.exists():
                shutil.rmtree(note.parent)
