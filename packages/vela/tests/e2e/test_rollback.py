"""`vela rollback` on deployments as they happen: repeated, failed, interrupted, taken back already.

One story on one platform, because each part stands on what was deployed before it.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from e2e.deployed import VELA, Platform
from e2e.versions import checkout

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rollback"), pytest.mark.timeout(600)]

HERE = ("--target", "local", "--count", "1", "--yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """A platform of which any version can be deployed."""

    platform: Platform
    project: Path

    def vela(self, command: str, *told: str, check: bool = True) -> Any:
        """Run a command, told the version."""
        return self.platform.vela(*self.words(command, *told), check=check)

    def words(self, command: str, *told: str) -> list[str]:
        context = [word for one in told if "=" in one for word in ("--context", one)]
        options = [one for one in told if "=" not in one]
        return [command, *HERE, "--project", str(self.project), *context, *options]

    def deployed(self) -> tuple[int, str]:
        """The functions' memory and the distribution's comment."""
        functions = self.platform.client("lambda")
        front = self.platform.client("cloudfront").list_distributions()["DistributionList"]
        return (
            functions.get_function_configuration(FunctionName="vela-api")["MemorySize"],
            front["Items"][0]["Comment"],
        )

    def killed(self, command: str, *, during: str) -> None:
        """Run the command, and kill it with all it has started once it changes *during*."""
        cloudformation = self.platform.client("cloudformation")

        def seen() -> object:
            described = cloudformation.describe_stacks()["Stacks"]
            return next(s["LastUpdatedTime"] for s in described if s["StackName"] == during)

        before, pause = seen(), threading.Event()
        with (self.project / "killed.log").open("w") as log:
            process = subprocess.Popen(
                [VELA, *self.words(command)],
                cwd=self.project,
                env=self.platform.env(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            while seen() == before:
                assert process.poll() is None, (self.project / "killed.log").read_text()
                pause.wait(0.02)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Versions]:
    platform = Platform(home=tmp_path_factory.mktemp("home"))
    project = checkout(tmp_path_factory.mktemp("checkout"))
    try:
        platform.up("--count", "1", "--project", str(project))
        yield Versions(platform=platform, project=project)
    finally:
        platform.stop()


def refused(done: Any, *words: str) -> None:
    """See that it refused in one line that says *words*."""
    text = " ".join(done.stderr.split())
    assert done.returncode == 1, text
    assert "vela: E508" in text
    assert all(word in text for word in words), text
    assert "Traceback" not in text


def changed_past_vela(versions: Versions) -> None:
    """Change a stack as the console does."""
    cloudformation = versions.platform.client("cloudformation")
    template = cloudformation.get_template(StackName="ApiStack")["TemplateBody"]
    text = json.dumps(template).replace('"MemorySize": 1024', '"MemorySize": 1400')
    cloudformation.update_stack(
        StackName="ApiStack", TemplateBody=text, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName="ApiStack", WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
    )


def test_a_rollback_takes_back_exactly_the_last_deployment(versions):
    first = versions.deployed()
    refused(versions.vela("rollback", check=False), "made VelaStack", "nothing before it")

    failed = versions.vela("deploy", "memory=1150", "refused=yes", check=False)
    assert failed.returncode == 1, failed.stderr
    refused(versions.vela("rollback", check=False), "CloudFormation has taken ApiStack back")
    assert versions.deployed() == first

    versions.vela("deploy", "memory=1200", "comment=another")
    assert versions.deployed() == (1200, "another")
    versions.killed("rollback", during="VelaStack")
    versions.vela("rollback")
    assert versions.deployed() == first

    refused(versions.vela("rollback", check=False), "was taken back already", "check it out")
    assert versions.deployed() == first

    versions.vela("deploy", "memory=1100")
    assert versions.deployed() == (1100, first[1])
    versions.vela("rollback")
    assert versions.deployed() == first

    changed_past_vela(versions)
    refused(versions.vela("rollback", check=False), "ApiStack was changed past Vela")
    assert versions.deployed()[0] == 1400
