"""Who listens on a port.

Law: looks only; a port is taken by the process that will listen on it.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vela.errors import PortInUse

LISTENING = "0A"


def answers(port: int) -> bool:
    """Tell whether connections to *port* are taken."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def require_free(port: int, *, option: str) -> None:
    """Refuse to go on if *port* is taken; 0 stands for any free port and always passes."""
    if port == 0:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise PortInUse(
                f"Port {port} needs more rights than this user has",
                f"Choose one above 1023 with `{option}`",
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUse(
                f"Port {port} of 127.0.0.1 is taken{_by(port)}",
                f"Stop that program, or choose another port with `{option}`",
            ) from None


def _by(port: int) -> str:
    """Name the process that listens, where the system tells: Linux, and a process of this user."""
    with suppress(OSError, StopIteration):
        inodes = _listening_inodes(port)
        pid = next(_pids_with_socket(inodes))
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        return f" by process {pid} ({name})"
    return ""


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found


def _pids_with_socket(inodes: set[str]) -> Iterator[int]:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(link.readlink()) in wanted for link in (process / "fd").iterdir()):
                yield int(process.name)
