"""Files that are whole or not there.

Law: a reader sees the old content or the new, with the mode it is meant to have, never a part.
"""

import os
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Write a file only its owner may read."""
    write_atomically(path, data, mode=0o600)


def write_atomically(path: Path, data: bytes, *, mode: int) -> None:
    """Replace the file at *path* by one with *data*, whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
