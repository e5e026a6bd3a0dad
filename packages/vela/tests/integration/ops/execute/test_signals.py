"""A command told to end in the middle: one line, its exit code, nobody left behind, the next run goes on."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from e2e.deployed import CHECKOUT, VELA
from e2e.mutation import described, edited

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lifecycle"), pytest.mark.timeout(600)]

DEPLOY = ("deploy", "--count", "1", "--yes")
LONG = ("deploy", "--count", "10000", "--yes")
DESTROY = ("destroy", "--yes")
ROLLBACK = ("rollback", "--count", "1", "--yes")
#: Nobody has synthesised this yet, and what is interrupted is not kept.
SYNTHESISING = ("--stage", "production", "--context", "zones=us-east-1a,us-east-1b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How a command ended that was signalled, and who of its session was alive then."""

    code: int
    said: str
    left: list[str]

    @property
    def line(self) -> str:
        """The last line of what it said."""
        return self.said.strip().splitlines()[-1]


def of_session(leader: int) -> list[str]:
    listed = subprocess.run(
        ["ps", "-A", "-o", "sid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
    return [args for sid, stat, args in rows if sid == str(leader) and not stat.startswith("Z")]


def cut(account, *arguments: str, when: Callable[[int, str], bool], by, alone=False) -> Cut:
    """Start the command as a terminal does, and signal it, or only itself, as soon as *when* says so."""
    log = account.platform.home / "cut.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [VELA, *arguments, "--target", "local"],
            cwd=CHECKOUT,
            env=account.platform.env(),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    pause = threading.Event()
    try:
        while not when(process.pid, log.read_text()):
            assert process.poll() is None, log.read_text()
            pause.wait(0.02)
        (os.kill if alone else os.killpg)(process.pid, by)
        code = process.wait(60)
        return Cut(code=code, said=log.read_text(), left=of_session(process.pid))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


def runs(program: str) -> Callable[[int, str], bool]:
    return lambda leader, _said: any(program in args for args in of_session(leader))


def says(words: str) -> Callable[[int, str], bool]:
    return lambda _leader, said: words in said


@pytest.mark.parametrize("command", ["doctor", "plan", "deploy"])
@pytest.mark.parametrize(
    ("by", "alone", "code"),
    [(signal.SIGINT, False, 130), (signal.SIGINT, True, 130), (signal.SIGTERM, True, 143)],
    ids=["ctrl-c", "interrupt", "terminate"],
)
def test_cut_while_the_stacks_are_synthesised(account, command, by, alone, code):
    ended = cut(account, command, *SYNTHESISING, when=runs("cdk synth"), by=by, alone=alone)

    assert ended.code == code
    assert ended.line.startswith("vela: E407 interrupted")
    assert "Traceback" not in ended.said
    assert ended.left == []


@pytest.mark.parametrize("alone", [False, True])
def test_cut_while_a_stack_is_updated_the_next_deployment_goes_on(account, alone):
    account.vela(*DEPLOY)

    with edited(account.platform, "ApiStack", described(f"cut, alone: {alone}")):
        ended = cut(account, *DEPLOY, when=runs("cdk deploy"), by=signal.SIGTERM, alone=alone)
        account.vela(*DEPLOY)
        planned = account.plan()

    assert ended.code == 143
    assert ended.line.startswith("vela: E407 interrupted by SIGTERM")
    assert ended.left == []
    assert planned["steps"] == []


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_cut_while_it_is_verified_the_next_deployment_goes_on(account, by, code):
    account.vela(*DEPLOY)

    ended = cut(account, *LONG, when=says("account looked at"), by=by)
    done = account.vela(*DEPLOY)

    assert ended.code == code
    assert "Traceback" not in ended.said
    assert ended.left == []
    assert "every check made" in done.stderr


def test_cut_while_it_is_destroyed_the_next_destruction_goes_on(account):
    account.vela(*DEPLOY)

    ended = cut(account, *DESTROY, when=says("VelaStack destroyed"), by=signal.SIGINT)
    there = set(account.stacks())
    account.vela(*DESTROY)

    assert ended.code == 130
    assert ended.line.startswith("vela: E407 interrupted")
    assert ended.left == []
    assert "VelaStack" not in there
    assert "DatabaseStack" in there
    assert account.stacks() == {}


def test_cut_before_anything_went_back_the_next_rollback_does_it(account):
    account.vela(*DEPLOY)
    with edited(account.platform, "ApiStack", described("to be taken back")):
        account.vela(*DEPLOY)

    ended = cut(account, *ROLLBACK, when=runs("cdk deploy"), by=signal.SIGINT)
    account.vela(*ROLLBACK)

    assert ended.code == 130
    assert ended.line.startswith("vela: E407 interrupted")
    assert ended.left == []
    assert account.plan()["steps"] == []
