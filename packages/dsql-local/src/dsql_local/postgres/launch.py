"""Become another account, tie this process's life to its parent's, and run a program.

Law: a script, not a module to import; it runs as ``python -I -S launch.py``, uses the standard
library alone, and is replaced by the program it starts, so the process id stays the same.
The two steps belong after the fork and before the program; doing them here instead of in a
``preexec_fn`` keeps Python code out of a forked child of a process that has threads.

Arguments: parent's pid, signal, ``-`` or ``uid:gid``, program, its arguments.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
CANNOT_RUN = 126  # the shell's exit code for a program that is there and cannot be executed


def main(parent: str, signal: str, account: str, *command: str) -> None:
    """Change what must change, then hand the process over."""
    if account != "-":
        uid, gid = map(int, account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of account, which would clear it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal))
        if os.getppid() != int(parent):
            sys.exit(0)  # the parent died before it could be watched
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"FATAL:  cannot run {command[0]}: {error.strerror}\n")
        sys.exit(CANNOT_RUN)


if __name__ == "__main__":
    main(*sys.argv[1:])
