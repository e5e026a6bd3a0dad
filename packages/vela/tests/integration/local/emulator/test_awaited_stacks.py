"""Gap: who waits for a stack need not wait longer than the operation on it takes.

The CDK CLI looks at a stack that changes every five seconds (aws-cdk-cli, `cfn-api.ts`, `waitFor`).
"""

import json

import pytest
from botocore.config import Config

IMPATIENT = Config(read_timeout=2, retries={"total_max_attempts": 1})
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
#: Fails after a second, because nobody signals.
SLOW = {
    "Type": "AWS::CloudFormation::WaitCondition",
    "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1"},
}
TEMPLATE = json.dumps({"Resources": {"Handle": HANDLE, "Slow": SLOW}})


@pytest.fixture
def cloudformation(aws):
    return aws.client("cloudformation")


def statuses(described):
    return {stack["StackName"]: stack["StackStatus"] for stack in described["Stacks"]}


@pytest.mark.parametrize("by", ["StackName", "StackId"])
def test_who_asks_after_one_stack_is_answered_when_the_operation_on_it_has_ended(
    cloudformation, fresh, by
):
    name = fresh()
    created = {
        "StackName": name,
        **cloudformation.create_stack(StackName=name, TemplateBody=TEMPLATE),
    }

    meanwhile = statuses(cloudformation.describe_stacks())
    after = statuses(cloudformation.describe_stacks(StackName=created[by]))

    assert meanwhile[name] == "CREATE_IN_PROGRESS"
    assert after == {name: "ROLLBACK_COMPLETE"}


def test_a_stack_on_which_nothing_works_is_told_of_at_once(aws, control, fresh):
    name = fresh()
    control.set(f"/stacks/{name}/status", {"status": "UPDATE_IN_PROGRESS"})

    described = aws.client("cloudformation", config=IMPATIENT).describe_stacks(StackName=name)

    assert statuses(described) == {name: "UPDATE_IN_PROGRESS"}
