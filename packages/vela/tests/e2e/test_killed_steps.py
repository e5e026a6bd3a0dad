"""A deployment and a destruction, killed at each of their steps: the next run goes on.

The whole process group is killed, as by a closed terminal or a lost runner; CloudFormation goes on
with the operation that runs, and the next run finds it there.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.deployed import CHECKOUT, VELA, Platform

from vela.local import LocalCloud, LocalSettings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("interruptions"),
    pytest.mark.timeout(600),
]

STACKS = ("DatabaseStack", "ApiStack", "VelaStack")
DEPLOY = ("deploy", "--target", "local", "--count", "5", "--yes")
DESTROY = ("destroy", "--target", "local", "--yes")
OBJECT = "mine/kept.txt"


@pytest.fixture
def vacant(tmp_path_factory) -> Iterator[Platform]:
    """A local cloud to which nothing is deployed."""
    home = tmp_path_factory.mktemp("interrupted")
    cloud = LocalCloud(LocalSettings.of(CHECKOUT, home=home, port=0, dsql_port=0))
    try:
        cloud.start(lambda _news: None)
        yield Platform(home=home)
    finally:
        cloud.purge()


def statuses(platform: Platform) -> dict[str, str]:
    stacks = platform.client("cloudformation").describe_stacks()["Stacks"]
    return {stack["StackName"]: stack["StackStatus"] for stack in stacks}


def killed(platform: Platform, *arguments: str, during: str, log: Path) -> None:
    """Run the command, and kill it with all it has started once it has begun to change *during*."""
    cloudformation = platform.client("cloudformation")

    def seen() -> object:
        described = cloudformation.describe_stacks()["Stacks"]
        found = (s for s in described if s["StackName"] == during)
        return next(((s["StackStatus"], s.get("LastUpdatedTime")) for s in found), None)

    before = seen()
    with log.open("w") as file:
        process = subprocess.Popen(
            [VELA, *arguments],
            cwd=CHECKOUT,
            env=platform.env(),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        pause = threading.Event()
        while seen() == before:
            assert process.poll() is None, log.read_text()
            pause.wait(0.02)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def plan(platform: Platform) -> list[str]:
    told = json.loads(platform.vela("plan", "--target", "local", "--json", check=False).stdout)
    return [step["step"] for step in told["steps"]]


def holds(platform: Platform, bucket: str) -> bool:
    listed = platform.client("s3").list_objects_v2(Bucket=bucket, Prefix=OBJECT)
    return bool(listed["KeyCount"])


def settled(platform: Platform) -> bool:
    """Whether every stack is there and none was rolled back; that it works, deploying has proved."""
    there = statuses(platform)
    return set(STACKS) <= set(there) and not any("ROLLBACK" in there[stack] for stack in STACKS)


def test_killed_at_any_step_the_next_run_goes_on_and_no_object_is_lost(vacant, tmp_path):
    account = vacant.client("sts").get_caller_identity()["Account"]
    bucket, log = f"vela-web-{account}", tmp_path / "killed.log"

    for stack in ("CDKToolkit", *STACKS):
        killed(vacant, *DEPLOY, during=stack, log=log)
    vacant.vela(*DEPLOY)
    assert settled(vacant)

    vacant.client("s3").put_object(Bucket=bucket, Key=OBJECT, Body=b"kept")
    for stack in reversed(STACKS):
        killed(vacant, *DESTROY, during=stack, log=log)
    vacant.vela(*DESTROY)
    assert set(statuses(vacant)) == {"CDKToolkit"}
    assert holds(vacant, bucket)

    killed(vacant, *DEPLOY, during="VelaStack", log=log)  # while the bucket is taken in
    vacant.vela(*DEPLOY)
    assert settled(vacant)
    assert holds(vacant, bucket)

    vacant.vela(*DESTROY)
    vacant.vela(*DEPLOY)
    assert settled(vacant)
    assert holds(vacant, bucket)
    assert plan(vacant) == []
