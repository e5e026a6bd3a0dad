"""Two people, or one twice, at the same time: the second is told who is at work and since when."""

import getpass
import platform
import re
import shutil
import subprocess

import pytest
from e2e.deployed import CHECKOUT, VELA, Platform, exports
from e2e.mutation import described, edited

from vela.ops.cdk import Cdk

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lifecycle"), pytest.mark.timeout(600)]

DEPLOY = ("deploy", "--count", "1", "--yes")
AWS = ("--target", "aws")
SINCE = r"since \d\d:\d\d:\d\d"


class Begun:
    """A command that runs beside the test."""

    def __init__(self, *arguments: str, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [VELA, *arguments],
            cwd=CHECKOUT,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid, self.said = self._process.pid, ""

    def wait_for(self, words: str) -> None:
        assert self._process.stderr
        while words not in self.said:
            line = self._process.stderr.readline()
            assert line, self.said
            self.said += line

    def end(self) -> int:
        _, said = self._process.communicate(timeout=120)
        self.said += said
        return self._process.returncode


@pytest.fixture
def on_aws(account, tmp_path) -> tuple[Platform, dict[str, str]]:
    """The deployed platform as an AWS account, for somebody with a checkout of their own."""
    account.vela(*DEPLOY)
    home = Platform(home=tmp_path / "home")
    env = {**home.env(), **exports(account.platform.vela("env").stdout)}
    number = env["CDK_DEFAULT_ACCOUNT"]
    cdk = Cdk(
        project=CHECKOUT,
        assembly=home.home / "aws" / number / "cdk.out",
        environment={**env, "VELA_LAMBDA_TARGET": "lambda"},
        log=home.home / "log" / "cdk.log",
    )
    # What is deployed, taken for what is wanted: the functions are those of this machine.
    shutil.copytree(account.platform.home / "data" / "cdk.out", cdk.assembly)
    (cdk.assembly / "vela.inputs").write_text(cdk._inputs(), encoding="utf-8")
    return home, env


@pytest.mark.parametrize("second", [("deploy", "--yes"), ("destroy", "--yes"), ("rollback",)])
def test_on_this_machine_the_second_is_refused_and_the_first_goes_on(account, second):
    account.vela(*DEPLOY)

    with edited(account.platform, "ApiStack", described(f"while {second[0]} waits")):
        first = Begun(*DEPLOY, "--target", "local", env=account.platform.env())
        first.wait_for("account looked at")
        refused = account.vela(*second, check=False)
        code = first.end()

    assert refused.returncode == 2
    assert (
        f"vela: E404 Another command is changing the local cloud: `vela deploy` (process {first.pid})"
        in refused.stderr
    )
    assert re.search(SINCE, refused.stderr)
    assert code == 0, first.said


def test_from_one_machine_only_one_changes_an_aws_account(on_aws):
    home, env = on_aws
    first = Begun("deploy", *AWS, "--yes", "--count", "1", env=env)
    first.wait_for("account looked at")

    refused = home.vela("destroy", *AWS, "--yes", check=False, env=env)
    first.end()

    assert refused.returncode == 2
    assert "vela: E404 Another command is changing the deployment: `vela deploy`" in refused.stderr
    assert f"process {first.pid}" in refused.stderr
    assert "Traceback" not in first.said


def test_somebody_elses_change_is_told_by_its_change_set_and_left_alone(account, on_aws):
    home, env = on_aws
    assembly = home.home / "aws" / env["CDK_DEFAULT_ACCOUNT"]
    ada, ben = ({**env, "LOGNAME": name} for name in ("ada", "ben"))
    (home.home / "data").symlink_to(assembly)
    with edited(home, "ApiStack", described("by ada")):
        home.vela("deploy", *AWS, "--yes", "--count", "1", check=False, env=ada)
    account.switch("PUT", "/stacks/ApiStack/status", {"status": "UPDATE_IN_PROGRESS"})
    try:
        refused = [
            home.vela(*command, *AWS, "--yes", check=False, env=ben)
            for command in (("deploy",), ("destroy",), ("rollback",))
        ]
        shown = home.vela("plan", *AWS, check=False, env=ben)
        function = account.client("lambda").get_function_configuration(FunctionName="vela-api")
    finally:
        account.switch("PUT", "/stacks/ApiStack/status", {"status": "UPDATE_COMPLETE"})

    machine = re.sub(r"[^a-z0-9]+", "-", platform.node().lower())
    told = (
        rf"ApiStack is being changed: UPDATE_IN_PROGRESS, by ada-{machine} since 20\d\d-\d\d-\d\d"
    )
    assert getpass.getuser() not in {"ada", "ben"}
    assert function["Description"] == "by ada"
    for done in (*refused, shown):
        assert re.search(told, done.stderr), done.stderr
        assert "Wait until it has finished" in done.stderr
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
