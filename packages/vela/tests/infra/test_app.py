import json
import os
import subprocess
import sys

import pytest
from aws_cdk import Validations
from aws_cdk import aws_s3 as s3

ACCOUNT = "000000000000"
STACKS = ("DatabaseStack", "ApiStack", "VelaStack")


def test_neither_cdk_nag_nor_cloudformation_finds_anything_unaccepted(every):
    assert [found for report in every.report() for found in report["violations"]] == []


def violations(directory):
    reports = json.loads((directory / "validation-report.json").read_text(encoding="utf-8"))
    return {
        found["ruleName"] for report in reports["pluginReports"] for found in report["violations"]
    }


def test_a_new_finding_fails_synthesis(composed, tmp_path):
    app = composed("development", tmp_path)
    s3.CfnBucket(app.node.find_child("VelaStack"), "Careless")

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    assert "AwsSolutions-S1" in violations(tmp_path)


@pytest.mark.parametrize("variant", ["development", "production", "domain"])
def test_every_accepted_finding_is_there_and_has_its_reason(
    variant, composed, tmp_path, monkeypatch
):
    accepted = {}

    def refuse(_, rule):
        accepted[rule.id.removeprefix("CloudFormation-Validate::")] = rule.reason

    monkeypatch.setattr(Validations, "acknowledge", refuse)
    app = composed(variant, tmp_path)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    annotations = {rule for rule in accepted if rule.startswith("Annotation::")}
    assert accepted.keys() - annotations == violations(tmp_path)
    assert all(len(reason) > 25 for reason in accepted.values())


def test_no_stack_has_a_database_but_aurora_dsql_and_dynamodb(every):
    types = {resource["Type"] for resource in every.resources("*").values()}
    databases = ("RDS", "Neptune", "DocDB", "Redshift", "Timestream", "Cassandra", "ElastiCache")

    assert not [kind for kind in types if kind.split("::")[1] in databases]
    assert "AWS::DSQL::Cluster" in types


def test_every_stack_is_of_the_one_environment(development):
    manifest = json.loads((development.directory / "manifest.json").read_text(encoding="utf-8"))
    stacks = {
        name: artifact["environment"]
        for name, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }

    assert stacks == dict.fromkeys(STACKS, f"aws://{ACCOUNT}/us-east-1")


def test_synthesis_asks_nobody_for_context(development):
    manifest = json.loads((development.directory / "manifest.json").read_text(encoding="utf-8"))

    assert "missing" not in manifest


def test_everything_that_takes_tags_says_that_it_is_velas(production):
    for name, resource in production.resources("*").items():
        tags = resource.get("Properties", {}).get("Tags", [])
        told = tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}
        expected = {"Project": "vela", "Stage": "production", "vela:stack": name.split("/")[0]}
        assert not told or told.items() >= expected.items(), name


def test_no_managed_policy_or_wildcard_gives_more_than_is_accepted(production):
    wide = {
        name: statement
        for name, policy in production.resources("AWS::IAM::Policy").items()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "*" in json.dumps([statement["Action"], statement["Resource"]])
    }

    assert all("CDKBucketDeployment" in name for name in wide)


def test_without_an_account_the_app_says_so_in_one_line(project):
    env = {name: value for name, value in os.environ.items() if name != "CDK_DEFAULT_ACCOUNT"}

    done = subprocess.run(
        [sys.executable, "-m", "vela.infra.app"],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("b'!!")]
    assert len(lines) == 1
    assert lines[0].startswith("vela: E100 the AWS account is not known. Sign in")


def test_the_cdk_cli_synthesises_all_three_stacks_as_cdk_json_says(tmp_path, project):
    env = os.environ | {"CDK_DEFAULT_ACCOUNT": ACCOUNT, "VELA_LAMBDA_TARGET": "host"}

    done = subprocess.run(
        [project / "node_modules/.bin/cdk", "synth", "--quiet", "--no-notices", "-o", tmp_path],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert {f"{stack}.template.json" for stack in STACKS} <= {p.name for p in tmp_path.iterdir()}
    assert "Traceback" not in done.stderr
