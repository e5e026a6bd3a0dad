"""What the file system says, and what is taken off it.

Law: knows no place of its own; whoever calls decides what may go.
"""

import errno
import shutil
from pathlib import Path
from typing import Final

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
LITTLE: Final = 1024 * 1024


def is_full(error: OSError) -> bool:
    """Whether *error*, or one of those it gathers, says that no space is left."""
    if isinstance(error, shutil.Error):  # of a whole tree: a text for each file
        return any(f"[Errno {number}]" in str(error) for number in FULL)
    return error.errno in FULL


def is_used_up(path: Path) -> bool:
    """Whether there is too little room at *path* for a program even to say so."""
    return shutil.disk_usage(path).free < LITTLE


def remove(path: Path) -> None:
    """Remove what is at *path*, be it a tree, a file, a link or nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
