"""Gap: which stack a resource belongs to, asked by the resource's own id.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
"""

import pytest


def test_a_resource_names_its_stack_with_all_that_belongs_to_it(aws, fresh):
    name, cloudformation = fresh(), aws.client("cloudformation")
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}
    other = {"Type": "AWS::Logs::LogGroup", "Properties": {}}

    with aws.deployed({"Resources": {"Named": group, "Other": other}}) as stack:
        found = cloudformation.describe_stack_resources(PhysicalResourceId=name)["StackResources"]

        assert {r["StackName"] for r in found} == {stack.name}
        assert {r["LogicalResourceId"] for r in found} == {"Named", "Other"}


def test_a_resource_of_no_stack_has_none(aws, fresh):
    name, cloudformation = fresh(), aws.client("cloudformation")
    aws.client("logs").create_log_group(logGroupName=name)

    with pytest.raises(cloudformation.exceptions.ClientError) as refused:
        cloudformation.describe_stack_resources(PhysicalResourceId=name)

    told = refused.value.response["Error"]
    assert (told["Code"], told["Message"]) == (
        "ValidationError",
        f"Stack for {name} does not exist",
    )
