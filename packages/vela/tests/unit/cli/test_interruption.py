"""What a signal does to a command and to what it has started."""

import os
import signal
import subprocess

import pytest

from vela.cli.interruption import children, interruptible


def test_a_command_told_to_end_ends_what_it_has_started():
    shell = subprocess.Popen(["/bin/sh", "-c", "sleep 60 & wait"])
    apart = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        with pytest.raises(KeyboardInterrupt), interruptible() as interruption:
            assert shell.pid in children()
            os.kill(os.getpid(), signal.SIGTERM)
            signal.sigwait({signal.SIGUSR1})  # never: the handler has raised

        assert shell.wait(10) == -signal.SIGTERM
        assert apart.poll() is None  # the local cloud outlives the command that has started it
        assert (interruption.error.exit_code, interruption.error.what) == (
            143,
            "interrupted by SIGTERM",
        )
    finally:
        for process in (shell, apart):
            process.kill()
            process.wait()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_the_exit_code_tells_the_signal(number, code):
    with pytest.raises(KeyboardInterrupt), interruptible() as interruption:
        os.kill(os.getpid(), number)
        signal.sigwait({signal.SIGUSR1})

    assert interruption.error.exit_code == code


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGHUP)

            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
