"""Gap: what refuses to be deleted, and what its stack says of it."""

import pytest

WHOLE = "The following resource(s) failed to delete: [Kept]."
NAMED = {"AttributeName": "id"}


@pytest.fixture
def table(fresh):
    def declare(*, protected):
        return {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": fresh(),
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{**NAMED, "AttributeType": "S"}],
                "KeySchema": [{**NAMED, "KeyType": "HASH"}],
                "DeletionProtectionEnabled": protected,
            },
        }

    return declare


CLUSTER = {"Type": "AWS::DSQL::Cluster", "Properties": {"DeletionProtectionEnabled": True}}


def unprotect_cluster(aws, identifier):
    aws.client("dsql").update_cluster(identifier=identifier, deletionProtectionEnabled=False)


def unprotect_table(aws, name):
    aws.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)


def empty_bucket(aws, name):
    aws.client("s3").delete_object(Bucket=name, Key="kept.txt")


REASONS = {
    "table": "Resource cannot be deleted as it is currently protected against deletion.",
    "cluster": "deletion protection",
    "bucket": "The bucket you tried to delete is not empty (Service: S3, Status Code: 409",
}
LIFT = {"table": unprotect_table, "cluster": unprotect_cluster, "bucket": empty_bucket}


@pytest.fixture
def refusing(aws, fresh, table):
    """Deploy one resource of the kind that refuses to be deleted."""

    def deploy(kind):
        resource = {
            "table": lambda: table(protected=True),
            "cluster": lambda: CLUSTER,
            "bucket": lambda: {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": fresh()}},
        }[kind]()
        stack = aws.deploy(
            {"Resources": {"Kept": resource}, "Outputs": {"Kept": {"Value": {"Ref": "Kept"}}}}
        )
        if kind == "bucket":
            aws.client("s3").put_object(Bucket=stack.outputs["Kept"], Key="kept.txt", Body=b"")
        return stack

    return deploy


@pytest.mark.parametrize("kind", REASONS)
def test_a_stack_ends_in_delete_failed_and_says_why_until_the_cause_is_lifted(
    aws, refusing, wait_settled, kind
):
    stack = refusing(kind)
    cloudformation = aws.client("cloudformation")
    cloudformation.delete_stack(StackName=stack.name)
    status = wait_settled(cloudformation, stack.name)
    [described] = cloudformation.describe_stacks(StackName=stack.name)["Stacks"]
    resource_reason = next(r for r in stack.failures() if "Kept" not in r)

    assert status == "DELETE_FAILED"
    assert (
        described["StackStatusReason"]
        == ("The following resource(s) failed to delete: [Kept]. ").rstrip()
    )
    assert resource_reason.startswith('Resource handler returned message: "')
    assert REASONS[kind].lower() in resource_reason.lower()
    LIFT[kind](aws, stack.outputs["Kept"])
    stack.delete()


def test_a_stack_in_delete_failed_lets_go_of_what_it_is_told_to_retain(aws, refusing, wait_settled):
    stack = refusing("bucket")
    bucket, cloudformation = stack.outputs["Kept"], aws.client("cloudformation")
    cloudformation.delete_stack(StackName=stack.name)
    wait_settled(cloudformation, stack.name)

    cloudformation.delete_stack(StackName=stack.name, RetainResources=["Kept"])
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=stack.name, WaiterConfig={"Delay": 0.05}
    )

    assert aws.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_resources_are_retained_of_a_stack_in_delete_failed_only(aws, refusing):
    stack = refusing("bucket")
    cloudformation = aws.client("cloudformation")

    with pytest.raises(cloudformation.exceptions.ClientError, match="DELETE_FAILED"):
        cloudformation.delete_stack(StackName=stack.name, RetainResources=["Kept"])

    empty_bucket(aws, stack.outputs["Kept"])
    stack.delete()
