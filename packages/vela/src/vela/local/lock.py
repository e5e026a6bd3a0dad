"""One command at a time changes the local cloud.

Law: the kernel holds the lock, so it ends with its holder however that ends; the file's content
only tells people who that is.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vela.errors import AlreadyRunning


@contextmanager
def exclusive(path: Path, *, command: str) -> Iterator[None]:
    """Hold the lock at *path* for the block, or say who holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another command is changing the local cloud: {_holder(path)}",
                "Wait until it has finished, or end it with Ctrl-C, then try again",
            ) from None
        holder = {"pid": os.getpid(), "command": command, "since": time.strftime("%H:%M:%S")}
        file.truncate(0)
        file.write(json.dumps(holder))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _holder(path: Path) -> str:
    with suppress(OSError, ValueError, KeyError):
        held = json.loads(path.read_text(encoding="utf-8"))
        return f"`{held['command']}` (process {held['pid']}) since {held['since']}"
    return "its holder has not said who it is"
