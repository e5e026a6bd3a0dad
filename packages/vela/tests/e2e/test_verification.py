"""`vela verify` on a deployed platform: what is broken past CloudFormation is found, and nothing else.

The picture in the documentation is the report of this platform: ``VELA_PICTURES=1`` takes it anew.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from conftest import PROJECT
from e2e.deployed import Platform

from vela.local import LocalCloud, LocalSettings
from vela.ops.account import Account
from vela.ops.aws import Aws
from vela.ops.target import Target
from vela.ops.verify.verification import Asked, verify

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("platform")]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PICTURE = PROJECT / "docs/images/verification.png"
SIZE = (860, 2190)
VERIFY = ("verify", "--target", "local", "--count", "3", "--json")


@pytest.fixture(scope="module")
def look(platform):
    """Verify in this process, and name the checks that failed."""
    running = LocalCloud(LocalSettings.of(PROJECT, home=platform.home)).status().running
    assert running
    aws = Aws(Account(environment=running.environment))

    def failed() -> set[str]:
        aws._calls.clear()
        asked = Asked(target=Target.LOCAL, count=3, at=datetime.now(UTC), address=running.url_here)
        report, _ = verify(aws, asked, lambda _news: None)
        assert aws.repeated == ()
        return {check.id for check in report.failed}

    return failed


@pytest.fixture
def account(platform) -> str:
    return str(platform.client("sts").get_caller_identity()["Account"])


def test_a_deployed_platform_passes_every_check_that_applies(platform, tmp_path):
    done = platform.vela(*VERIFY, "--report", str(tmp_path))

    told = json.loads(done.stdout)
    statuses = {check["id"]: check["status"] for check in told["checks"]}
    assert set(statuses.values()) == {"passed", "not applicable"}
    assert {id_ for id_, status in statuses.items() if status == "not applicable"} == {
        "domain",
        "alarms-ok",
    }
    assert json.loads((tmp_path / "verification.json").read_text()) == told


@contextmanager
def setting_changed(platform, **change) -> Iterator[None]:
    functions = platform.client("lambda")
    before = functions.get_function_configuration(FunctionName="vela-api")
    functions.update_function_configuration(FunctionName="vela-api", **change)
    try:
        yield
    finally:
        back = {name: before[name] for name in change}
        functions.update_function_configuration(FunctionName="vela-api", **back)


def test_a_setting_changed_by_hand_is_found(look, platform):
    with setting_changed(platform, Timeout=3):
        assert look() == {"function-configuration"}

    assert look() == set()


def test_a_failed_verification_is_one_line_with_the_way_back(platform):
    with setting_changed(platform, MemorySize=512):
        done = platform.vela("verify", "--target", "local", "--count", "1", check=False)

    assert done.returncode == 1
    assert "ApiFunction6BF808ED: MemorySize is 512" in done.stderr
    assert "E509" in done.stderr
    assert "vela rollback" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_permission_given_by_hand_is_found(look, platform):
    functions, iam = platform.client("lambda"), platform.client("iam")
    arn = functions.get_function_configuration(FunctionName="vela-api")["Role"]
    role = arn.rpartition("/")[2]
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role, PolicyName="by-hand", PolicyDocument=document)
    try:
        assert look() == {"function-permissions"}
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="by-hand")


def test_a_caller_admitted_by_hand_is_found(look, platform):
    functions = platform.client("lambda")
    functions.add_permission(
        FunctionName="vela-api",
        StatementId="by-hand",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    try:
        assert look() == {"function-permissions"}
    finally:
        functions.remove_permission(FunctionName="vela-api", StatementId="by-hand")


def test_an_opened_bucket_is_found(look, platform, account):
    s3, bucket = platform.client("s3"), f"vela-web-{account}"
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={**block, "RestrictPublicBuckets": False},
    )
    try:
        assert look() == {"bucket-private"}
    finally:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)


def test_a_page_that_is_gone_is_found(look, platform, account):
    s3, bucket = platform.client("s3"), f"vela-web-{account}"
    page = s3.get_object(Bucket=bucket, Key="index.html")
    body, type_ = page["Body"].read(), page["ContentType"]
    s3.delete_object(Bucket=bucket, Key="index.html")
    try:
        assert look() >= {"page", "deep-link"}
    finally:
        s3.put_object(
            Bucket=bucket,
            Key="index.html",
            Body=body,
            ContentType=type_,
            CacheControl=page["CacheControl"],
        )


def test_where_nothing_is_deployed_it_says_so_and_changes_nothing(tmp_path):
    platform = Platform(home=tmp_path)

    done = platform.vela(*VERIFY, check=False)

    assert done.returncode == 2
    assert "the local cloud does not run" in done.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here and none could be installed")
def test_the_report_is_drawn_by_a_browser_as_the_documentation_shows_it(platform, tmp_path):
    assert CHROMIUM
    platform.vela("verify", "--target", "local", "--report", str(tmp_path))
    taken = tmp_path / "taken.png"
    width, height = SIZE
    command = [
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--hide-scrollbars", f"--user-data-dir={tmp_path / 'browser'}"),
        *(f"--window-size={width},{height}", f"--screenshot={taken}"),
        (tmp_path / "verification.html").as_uri(),
    ]

    subprocess.run(command, capture_output=True, timeout=120, check=True)

    if os.environ.get("VELA_PICTURES"):
        PICTURE.write_bytes(taken.read_bytes())
    assert dimensions(taken.read_bytes()) == dimensions(PICTURE.read_bytes()) == SIZE


def dimensions(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
