"""What `make up` promises, on the whole platform."""

import json
import shutil
import subprocess

import pytest
from e2e.deployed import Platform, curl

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("platform")]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def test_a_hundred_of_a_hundred_health_checks_are_ok(platform):
    summary = platform.health(count=100)

    assert (summary["count"], summary["ok"]) == (100, 100)
    assert summary["detailed"]
    assert summary["sample"]["role"] == "vela_api"


def test_up_again_changes_nothing_and_restarts_nothing(platform):
    before = platform.status()

    done = platform.up()

    assert "100 of 100 ok" in done.stdout
    assert platform.status() == before


def test_the_connection_goes_to_the_private_host_of_the_cluster(platform):
    outputs = platform.status()["outputs"]

    assert outputs["cluster_endpoint"].startswith(outputs["cluster_arn"].rpartition("/")[2])
    assert ".dsql-" in outputs["cluster_endpoint"]


def test_the_public_answer_tells_nothing_but_its_status(website):
    answer = curl(f"{website}/api/internal/dsql-health")

    assert json.loads(answer.stdout) == {"status": "ok"}


def test_a_wrong_secret_is_answered_as_the_public_is(website):
    answer = curl(f"{website}/api/internal/dsql-health", "-H", "Authorization: Bearer wrong")

    assert json.loads(answer.stdout) == {"status": "ok"}


def test_an_unknown_api_path_is_a_json_404_not_the_page(website):
    answer = curl(f"{website}/api/nothing-here", "-w", "\n%{http_code} %{content_type}")

    body, _, told = answer.stdout.rpartition("\n")
    assert told.startswith("404 application/json")
    assert json.loads(body)


def test_a_deep_link_gives_the_page(website):
    answer = curl(f"{website}/some/deep/link", "-w", "\n%{http_code}")

    assert answer.stdout.endswith("\n200")
    assert "<title>" in answer.stdout


@pytest.mark.parametrize(
    "header",
    [
        "strict-transport-security",
        "content-security-policy",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
    ],
)
def test_the_page_comes_with_its_security_headers(website, header):
    answer = curl(f"{website}/", "-D", "-", "-o", "/dev/null")

    assert f"\n{header}:" in answer.stdout.lower()


def test_the_bucket_is_not_public(platform):
    account = platform.client("sts").get_caller_identity()["Account"]

    block = platform.client("s3").get_public_access_block(Bucket=f"vela-web-{account}")

    assert set(block["PublicAccessBlockConfiguration"].values()) == {True}


def test_there_is_no_relational_database_but_the_cluster(platform):
    pages = platform.client("cloudformation").get_paginator("list_stacks").paginate()
    names = [s["StackName"] for page in pages for s in page["StackSummaries"]]
    cloudformation = platform.client("cloudformation")

    types = [
        resource["ResourceType"]
        for name in names
        for resource in cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    ]

    assert types.count("AWS::DSQL::Cluster") == 1
    assert not [t for t in types if t.startswith(("AWS::RDS::", "AWS::Redshift", "AWS::Neptune"))]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here and none could be installed")
def test_the_page_says_in_a_real_browser_that_vela_is_healthy(website, tmp_path):
    assert CHROMIUM
    command = [
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *(f"--user-data-dir={tmp_path}", "--virtual-time-budget=8000", "--dump-dom"),
        f"{website}/",
    ]

    page = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    assert "Vela is healthy" in page


def test_data_survive_down_and_up(platform: Platform):
    account = platform.client("sts").get_caller_identity()["Account"]
    item = {"user_id": {"S": "u-1"}, "name": {"S": "kept"}}
    platform.client("dynamodb").put_item(TableName="vela-profiles", Item=item)
    platform.client("s3").put_object(Bucket=f"vela-web-{account}", Key="kept.txt", Body=b"kept")
    cluster = platform.status()["outputs"]["cluster_arn"]

    platform.vela("down")
    platform.up()

    assert platform.status()["outputs"]["cluster_arn"] == cluster
    found = platform.client("dynamodb").get_item(
        TableName="vela-profiles", Key={"user_id": {"S": "u-1"}}
    )
    assert found["Item"] == item
    stored = platform.client("s3").get_object(Bucket=f"vela-web-{account}", Key="kept.txt")
    assert stored["Body"].read() == b"kept"
