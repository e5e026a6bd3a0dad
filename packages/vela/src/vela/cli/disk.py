"""What the disk refused, as an error of Vela's.

Law: pure. A path that a person has named, or that lies where they told Vela to keep things, is theirs
to mend; a file that Vela itself should have brought is a bug, and keeps its traceback.
"""

import errno
from pathlib import Path

import vela
from vela.errors import DiskFull, MachineError, PathUnusable

PACKAGE = Path(vela.__file__).parent

#: What stands in the way of a path, and what to do about it.
REFUSED = {
    errno.EACCES: "Allow it, or name another place (--home, --report)",
    errno.EPERM: "Allow it, or name another place (--home, --report)",
    errno.EROFS: "Name a place that can be written (--home, --report)",
    errno.ENOTDIR: "Part of that path is a file: name another place (--home, --report)",
    errno.EISDIR: "It is a folder and is to be a file: move it away, then run it again",
    errno.ENOENT: "It is not there and cannot be made: name another place (--home, --report)",
    errno.ENAMETOOLONG: "Name a place with a shorter path (--home, --report)",
}


def of_disk(error: OSError) -> MachineError | None:
    """Say what to do about *error*; None if that is not known."""
    path, number = error.filename, error.errno
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"no space is left to write {path}", "Free some and run it again")
    if number not in REFUSED or not path or Path(str(path)).is_relative_to(PACKAGE):
        return None
    return PathUnusable(f"{path} cannot be used: {error.strerror}", REFUSED[number])
