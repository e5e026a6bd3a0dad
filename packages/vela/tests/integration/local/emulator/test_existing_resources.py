"""Gap: what exists under a template's name is found before anything is deployed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
"""

import json

import pytest

REASON = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. "
    "To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure "
    "information."
)


def bucket(name):
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}


def table(name):
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": keys,
        },
    }


def log_group(name):
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}


def make_bucket(aws, name):
    aws.client("s3").create_bucket(Bucket=name)


def make_table(aws, name):
    properties = table(name)["Properties"]
    aws.client("dynamodb").create_table(**properties)


def make_log_group(aws, name):
    aws.client("logs").create_log_group(logGroupName=name)


KINDS = {
    "AWS::S3::Bucket": (bucket, make_bucket),
    "AWS::DynamoDB::Table": (table, make_table),
    "AWS::Logs::LogGroup": (log_group, make_log_group),
}


def failed_events(aws, **named):
    events = aws.client("cloudformation").describe_events(**named, Filters={"FailedEvents": True})
    return events["OperationEvents"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_set_that_would_create_what_exists_fails_with_the_cause_in_its_events(
    aws, change_sets, fresh, kind
):
    declared, make = KINDS[kind]
    name, stack = fresh(), fresh()
    make(aws, name)

    found = change_sets.create(stack, {"Resources": {"Kept": declared(name)}})

    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"] == REASON
    [event] = failed_events(aws, StackName=stack, ChangeSetName=found["ChangeSetName"])
    assert event["EventType"] == "VALIDATION_ERROR"
    assert (event["OperationType"], event["OperationStatus"]) == ("CREATE_CHANGESET", "FAILED")
    assert event["ValidationName"] == "NAME_CONFLICT_VALIDATION"
    assert (event["ValidationFailureMode"], event["ValidationStatus"]) == ("FAIL", "FAILED")
    assert event["ValidationStatusReason"] == (
        f"Resource of type '{kind}' with identifier '{name}' already exists."
    )
    assert event["ValidationPath"] == "/Resources/Kept"
    assert (event["LogicalResourceId"], event["ResourceType"]) == ("Kept", kind)
    assert event["PhysicalResourceId"] == name


def test_a_failed_first_change_set_leaves_an_empty_stack_in_review(aws, change_sets, fresh):
    name, stack = fresh(), fresh()
    make_bucket(aws, name)

    change_sets.create(stack, {"Resources": {"Kept": bucket(name)}})

    cloudformation = aws.client("cloudformation")
    [left] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    assert left["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert [event["ResourceStatus"] for event in events] == ["REVIEW_IN_PROGRESS"]
    assert cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"] == []


def test_a_change_set_of_a_stack_that_owns_the_name_is_no_conflict(aws, change_sets, fresh):
    name = fresh()
    with aws.deployed({"Resources": {"Kept": table(name)}}) as stack:
        more = {"Resources": {"Kept": table(name), "More": log_group(fresh())}}

        found = change_sets.create(stack.name, more, "UPDATE")

    assert found["Status"] == "CREATE_COMPLETE"


def test_a_name_from_a_function_is_found_as_well(aws, change_sets, fresh):
    name, stack = f"{fresh()}-{aws.running.account_id}", fresh()
    make_bucket(aws, name)
    prefix = name.removesuffix(aws.running.account_id)
    joined = {"Fn::Join": ["", [prefix, {"Ref": "AWS::AccountId"}]]}

    found = change_sets.create(
        stack, {"Resources": {"Kept": bucket(joined)}}, ImportExistingResources=True
    )

    assert found["StatusReason"] == REASON


def test_the_events_are_found_by_the_change_set_and_by_the_operation_alone(aws, change_sets, fresh):
    name, stack = fresh(), fresh()
    make_bucket(aws, name)
    found = change_sets.create(stack, {"Resources": {"Kept": bucket(name)}})

    [by_change_set] = failed_events(aws, ChangeSetName=found["ChangeSetId"])
    [by_operation] = failed_events(aws, OperationId=by_change_set["OperationId"])

    assert by_change_set == by_operation


def test_events_of_a_change_set_that_does_not_exist_are_refused(aws):
    cloudformation = aws.client("cloudformation")

    with pytest.raises(cloudformation.exceptions.ClientError, match="ChangeSetNotFound"):
        failed_events(aws, ChangeSetName="none")


@pytest.mark.parametrize("kind", KINDS)
def test_a_direct_creation_fails_before_anything_is_made(aws, fresh, wait_settled, kind):
    declared, make = KINDS[kind]
    name, other, stack = fresh(), fresh(), fresh()
    make(aws, name)
    cloudformation = aws.client("cloudformation")
    template = {"Resources": {"First": log_group(other), "Kept": declared(name)}}

    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    ended = wait_settled(cloudformation, stack)

    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=other)["logGroups"]
    reasons = aws.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    [conflict] = [
        event
        for event in failed_events(aws, StackName=stack)
        if event["EventType"] == "VALIDATION_ERROR"
    ]
    assert (ended, groups) == ("ROLLBACK_COMPLETE", [])
    assert "Validation failure detected. See the operation's FAILED event for details." in {
        event.get("ResourceStatusReason") for event in reasons
    }
    assert (conflict["OperationType"], conflict["ResourceType"]) == ("CREATE_STACK", kind)


def test_validation_that_is_disabled_finds_nothing_beforehand(aws, change_sets, fresh):
    name, stack = fresh(), fresh()
    make_bucket(aws, name)

    found = change_sets.create(stack, {"Resources": {"Kept": bucket(name)}}, DisableValidation=True)

    assert found["Status"] == "CREATE_COMPLETE"
