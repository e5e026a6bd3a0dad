"""The CDK CLI meets the traps on the local cloud as it does on AWS."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

CDK = Path(__file__).parents[6] / "node_modules/.bin/cdk"
NEEDED_FOR_DIAGNOSIS = 30  # the bootstrap version from which the CLI may call DescribeEvents


@pytest.fixture
def assembly(aws, tmp_path, fresh):
    """A cloud assembly of one stack with one retained bucket; give its directory and stack."""
    stack, running = fresh(), aws.running

    def write(bucket):
        resource = {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"BucketName": bucket},
            "Metadata": {"aws:cdk:path": f"{stack}/Site/Resource"},
        }
        artifact = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{running.account_id}/{running.region}",
            "properties": {"templateFile": "template.json"},
        }
        template = {"Resources": {"Site": resource}}
        manifest = {"version": "48.0.0", "artifacts": {stack: artifact}}
        (tmp_path / "template.json").write_text(json.dumps(template))
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        return stack

    return write


@pytest.fixture
def cdk(aws, tmp_path):
    """Run the CDK CLI against the local cloud; give its status and what it said."""

    def run(*arguments):
        environment = aws.running.environment_over({**os.environ, "CI": "1", "NO_COLOR": "1"})
        options = ["--app", str(tmp_path)] if arguments[0] != "bootstrap" else []
        done = subprocess.run(
            [str(CDK), *arguments, *options],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def orphan(aws, fresh):
    name, s3 = fresh(), aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="kept.txt", Body=b"kept")
    return name


def test_the_cli_names_the_bucket_that_stops_it_and_then_adopts_it(aws, cdk, assembly, orphan):
    stack = assembly(orphan)
    deploy = ("deploy", stack, "--require-approval", "never")

    failed, told = cdk(*deploy)
    adopted, _told = cdk(*deploy, "--import-existing-resources")

    assert failed == 1
    assert f"Resource of type 'AWS::S3::Bucket' with identifier '{orphan}' already exists." in told
    assert f"{stack}/Site/Resource" in told
    assert "Could not retrieve additional details" not in told
    assert adopted == 0
    kept = aws.client("s3").get_object(Bucket=orphan, Key="kept.txt")["Body"].read()
    assert kept == b"kept"


def test_the_cli_deploys_over_a_creation_that_was_rolled_back(aws, cdk, control, assembly, fresh):
    stack = assembly(fresh())
    control.set(f"/stacks/{stack}/status", {"status": "ROLLBACK_COMPLETE"})

    status, told = cdk("deploy", stack, "--require-approval", "never", "--method", "direct")

    [found] = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    assert (status, found["StackStatus"]) == (0, "CREATE_COMPLETE"), told


def test_the_bootstrap_stack_is_new_enough_for_the_cli_s_diagnosis(aws, cdk):
    running = aws.running
    status, told = cdk("bootstrap", f"aws://{running.account_id}/{running.region}")

    parameter = aws.client("ssm").get_parameter(Name="/cdk-bootstrap/hnb659fds/version")
    assert status == 0, told
    version = parameter["Parameter"]["Value"]
    assert re.fullmatch(r"\d+", version)
    assert int(version) >= NEEDED_FOR_DIAGNOSIS
