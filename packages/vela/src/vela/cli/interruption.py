"""What a command does when it is told to end.

Law: Ctrl-C in a terminal reaches all it has started, but a signal may reach this process alone: so it
ends its own children itself (the CDK CLI and what that has started). What is ignored stays so (nohup).
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from vela.errors import Interrupted

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """By which signal the command ends; Ctrl-C unless another came."""

    def __init__(self) -> None:
        self._number: int = signal.SIGINT

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal: end the children, then this command as Ctrl-C does."""
        self._number = number
        for pid in children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        raise KeyboardInterrupt

    @property
    def error(self) -> Interrupted:
        """The one line, with the exit code a shell expects."""
        by = "" if self._number == signal.SIGINT else f" by {signal.Signals(self._number).name}"
        error = Interrupted(f"interrupted{by}", "What was finished is kept; run it again to go on")
        error.exit_code = 128 + self._number
        return error


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Handle the signals for the block."""
    interruption = Interruption()
    heard = (number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN)
    before = {number: signal.signal(number, interruption) for number in heard}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def children() -> list[int]:
    """Find what this process has started, directly or not; the local cloud has a group of its own."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,pgid="], capture_output=True, text=True, check=False
    )
    rows = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    found = [os.getpid()]
    for parent in found:  # grows while it is walked
        found += [pid for pid, above, group in rows if above == parent and group == os.getpgrp()]
    return found[1:]
