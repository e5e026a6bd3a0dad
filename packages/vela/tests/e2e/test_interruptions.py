"""`vela up` cut short at any moment: nothing is left running, nothing is lost, the next one goes on."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from e2e.deployed import CHECKOUT, VELA, Platform

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("interruptions")]

UP = (str(VELA), "up", "--port", "0", "--dsql-port", "0")
STARTED, LOOKED_AT = "local cloud started", "account looked at"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Platform]:
    """A platform that was never up."""
    platform = Platform(home=tmp_path / "home")
    try:
        yield platform
    finally:
        platform.stop()


@contextmanager
def begun(platform: Platform) -> Iterator[subprocess.Popen[str]]:
    """Start `vela up` as a shell does: in a process group that Ctrl-C reaches as a whole."""
    process = subprocess.Popen(
        UP,
        cwd=CHECKOUT,
        env=platform.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read what it says until it says *words*."""
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if words in line:
            return
    raise AssertionError(f"ended without saying {words!r}: {''.join(said)}")


def wait_for_stack(platform: Platform, name: str) -> None:
    """Wait until CloudFormation works on *name*, by asking it."""
    cloudformation = platform.client("cloudformation")
    for _ in range(10_000):
        # All of them: the answer about one alone would come when the work on it has ended.
        if name in {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}:
            return
    raise AssertionError(f"{name} was never begun")


def running(platform: Platform) -> list[int]:
    """The processes of the local cloud that are alive."""
    status = platform.status()
    return [pid for pid in (status["emulator_pid"], status["dsql_pid"]) if pid]


@pytest.mark.parametrize("moment", [STARTED, LOOKED_AT])
def test_ctrl_c_is_one_line_and_leaves_nothing_running(fresh, moment):
    with begun(fresh) as process:
        wait_for(process, moment)

        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said.strip().splitlines()[-1].startswith("vela: E407 interrupted")
    assert "Traceback" not in said
    assert running(fresh) == []


def test_after_ctrl_c_in_the_middle_of_a_deploy_the_next_up_ends_healthy(fresh):
    with begun(fresh) as process:
        wait_for(process, LOOKED_AT)
        wait_for_stack(fresh, "DatabaseStack")
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)

    done = fresh.up()

    assert "100 of 100 ok" in done.stdout


def test_after_a_kill_of_everything_in_the_middle_of_a_deploy_the_next_up_ends_healthy(fresh):
    with begun(fresh) as process:
        wait_for(process, LOOKED_AT)
        wait_for_stack(fresh, "ApiStack")
        for pid in running(fresh):
            os.kill(pid, signal.SIGKILL)

    done = fresh.up()

    assert "killed last time" in done.stderr
    assert "100 of 100 ok" in done.stdout


def test_a_second_up_at_once_says_who_holds_the_lock(fresh):
    with begun(fresh) as process:
        wait_for(process, STARTED)

        second = fresh.up(check=False)

    assert second.returncode == 2
    assert "E404" in second.stderr
    assert f"process {process.pid}" in second.stderr


def test_a_port_in_use_is_named_with_who_uses_it(fresh):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = fresh.vela("up", "--port", str(port), "--dsql-port", "0", check=False)

    assert done.returncode == 2
    assert f"E402 Port {port} of 127.0.0.1 is taken by process {os.getpid()}" in done.stderr
    assert running(fresh) == []


def test_a_corrupt_data_directory_is_named_and_left_as_it_is(fresh):
    fresh.up("--count", "1")
    fresh.vela("down")
    states = [p for p in (fresh.home / "data").rglob("cloudformation.json") if p.is_file()]
    for state in states:
        state.write_text("{ not json", encoding="utf-8")

    done = fresh.up(check=False)

    assert states
    assert done.returncode == 2
    assert "E403" in done.stderr
    assert "vela down --purge" in done.stderr
    assert [p.read_text(encoding="utf-8") for p in states] == ["{ not json"] * len(states)
    assert running(fresh) == []


def test_status_of_a_platform_that_was_never_up_says_so(fresh):
    assert json.loads(fresh.vela("status", "--json").stdout)["running"] is False
    assert "make up" in fresh.vela("health", "--target", "local", check=False).stderr
