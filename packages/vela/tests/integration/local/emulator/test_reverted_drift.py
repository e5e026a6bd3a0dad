"""Gap: a table that differs from its template, when drift is reverted."""

import pytest

TAG = {"Key": "Project", "Value": "vela"}


@pytest.fixture
def table(aws, fresh):
    """A stack with a protected, tagged table; gives the stack and the table's name."""
    name = fresh()
    properties = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "DeletionProtectionEnabled": True,
        "Tags": [TAG],
    }
    template = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}
    stack = aws.deploy(template)
    yield stack, name
    aws.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    stack.delete()


def test_a_table_gets_its_tags_and_its_protection_back(aws, table):
    stack, name = table
    dynamodb, cloudformation = aws.client("dynamodb"), aws.client("cloudformation")
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=[TAG["Key"]])
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)

    cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName="revert",
        UsePreviousTemplate=True,
        DeploymentMode="REVERT_DRIFT",
    )
    cloudformation.execute_change_set(StackName=stack.name, ChangeSetName="revert")
    (after,) = cloudformation.describe_stacks(StackName=stack.name)["Stacks"]

    assert after["StackStatus"] == "UPDATE_COMPLETE"
    assert TAG in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
    assert dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]
