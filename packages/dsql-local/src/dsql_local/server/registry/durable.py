"""A small file that is either the old one or the new one, whole, whatever happens in between.

Law: `write` returns only once the bytes and the name are on the disk, and leaves nothing half
written behind; `read` gives what was written or raises `RegistryCorrupt`. The file holds secrets:
only its owner may read it.

The first line carries the format's version and a checksum of the rest.
"""

import contextlib
import errno
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from dsql_local.errors import RegistryCorrupt, RegistryNotSaved

VERSION: Final = 1
_HEADER = re.compile(rb"dsql-local registry (\d{1,6}) sha256 ([0-9a-f]{64})")
_RESTORE: Final = "restore it from a copy, or remove it to start without clusters"


def read(path: Path) -> bytes | None:
    """Read the file's body; None if there is no such file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        fix = "make it readable for the user who runs dsql-local"
        raise RegistryCorrupt(
            f"The registry {path} cannot be read: {error.strerror}", fix
        ) from None
    header, _, body = content.partition(b"\n")
    found = _HEADER.fullmatch(header)
    if found and int(found[1]) > VERSION:
        fix = "use that version, or another data directory"
        raise RegistryCorrupt(f"The registry {path} was written by a newer dsql-local", fix)
    if header != _header(body):
        raise corrupt(path, "it is damaged or was edited")
    return body


def corrupt(path: Path, why: str) -> RegistryCorrupt:
    """Make the error which says that the file at *path* is of no use."""
    return RegistryCorrupt(f"The registry {path} is not usable: {why}", _RESTORE)


def write(path: Path, body: bytes) -> None:
    """Replace the file's body by *body*, durably."""
    unfinished = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)  # left by a crash, perhaps
        _write_new(unfinished, _header(body) + b"\n" + body)
        unfinished.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        fix = "free some space" if full else "make its directory writable"
        what = f"The registry {path} could not be written: {error.strerror}"
        raise RegistryNotSaved(what, f"{fix}, then try again") from None


def _header(body: bytes) -> bytes:
    return f"dsql-local registry {VERSION} sha256 {sha256(body).hexdigest()}".encode()


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
