"""What the health-check says when one thing of the deployment is wrong.

Each test deploys one mistake with CDK, reads the health-check as `vela health` shows it, and puts
things right again.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from e2e.deployed import Platform
from e2e.mutation import Template, deploy, resources, restore

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("platform")]


@pytest.fixture
def mutated(platform: Platform) -> Iterator[Platform]:
    """The platform, made whole and healthy again afterwards."""
    try:
        yield platform
    finally:
        restore(platform)
        assert platform.health()["ok"] == 1


def failure(platform: Platform) -> dict[str, Any]:
    """The failed answer in full."""
    summary = platform.health()
    assert summary["ok"] == 0
    return dict(summary["sample"])


def without_action(template: Template, action: str) -> None:
    for policy in resources(template, "AWS::IAM::Policy"):
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        statements[:] = [s for s in statements if s["Action"] != action]


def test_without_the_connect_permission_access_is_denied_as_not_authorized(mutated, tmp_path):
    deploy(mutated, "ApiStack", lambda t: without_action(t, "dsql:DbConnect"), tmp_path)

    said = failure(mutated)

    assert said["code"] == "E213"
    assert "not authorized to perform: dsql:DbConnect" in said["text"]
    assert "dsql:DbConnect on arn:aws:dsql:us-east-1:" in said["fix"]


def test_without_the_security_group_rule_the_endpoint_is_unreachable(mutated, tmp_path):
    def mutate(template: Template) -> None:
        rules = template["Resources"]
        closed = [
            name
            for name, resource in rules.items()
            if resource["Type"] == "AWS::EC2::SecurityGroupIngress"
            and resource["Properties"].get("FromPort") == 5432
        ]
        assert closed
        for name in closed:
            del rules[name]

    deploy(mutated, "DatabaseStack", mutate, tmp_path)

    said = failure(mutated)

    assert said["code"] == "E202"
    assert "did not answer in time" in said["text"]
    assert "vpce-" in said["fix"]
    assert "sg-" in said["fix"]


def test_without_the_role_mapping_the_role_is_named_as_not_mapped(mutated, tmp_path):
    def mutate(template: Template) -> None:
        names = [
            name
            for name, resource in template["Resources"].items()
            if resource["Type"] == "Custom::DsqlDatabaseRole"
        ]
        for name in names:
            del template["Resources"][name]
        for function in resources(template, "AWS::Lambda::Function"):
            function["Properties"]["Environment"]["Variables"].pop("DSQL_ROLE_MAPPING", None)

    deploy(mutated, "ApiStack", mutate, tmp_path)

    said = failure(mutated)

    assert said["code"] == "E214"
    assert "AWS IAM GRANT vela_api" in said["fix"]
