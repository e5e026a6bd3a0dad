"""What a signal does to a command and to what it has started.

Each in a process of its own: what the test runner has started is not to end with it.
"""

import subprocess
import sys

import pytest

TELLING = """
import os, signal, subprocess
from vela.cli.interruption import children, interruptible

def told(number):
    with interruptible() as interruption:
        try:
            os.kill(os.getpid(), number)
            signal.pause()  # until the handler raises
        except KeyboardInterrupt:
            return interruption.error
"""


def said(program):
    """What *program* prints, run alone."""
    done = subprocess.run(
        [sys.executable, "-c", TELLING + program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        start_new_session=True,
    )
    return done.stdout.splitlines()


def test_a_command_told_to_end_ends_what_it_has_started_and_not_what_is_apart():
    lines = said(
        """
shell = subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"])
apart = subprocess.Popen(["sleep", "60"], start_new_session=True)
try:
    print(shell.pid in children(), apart.pid in children())
    error = told(signal.SIGTERM)
    print(shell.wait(10), apart.poll())
    print(error.exit_code, error.what)
finally:
    for process in (shell, apart):
        process.kill()
        process.wait()
"""
    )

    # The local cloud outlives the command that has started it.
    assert lines == ["True False", "-15 None", "143 interrupted by SIGTERM"]


@pytest.mark.parametrize(("name", "code"), [("SIGINT", "130"), ("SIGHUP", "129")])
def test_the_exit_code_tells_the_signal(name, code):
    assert said(f"print(told(signal.{name}).exit_code)") == [code]


def test_what_is_ignored_stays_ignored():
    lines = said(
        """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with interruptible():
    os.kill(os.getpid(), signal.SIGHUP)
    print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
"""
    )

    assert lines == ["True"]
