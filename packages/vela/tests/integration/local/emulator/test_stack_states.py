"""Gap: what a stack's status allows, and how AWS refuses the rest."""

import json

import pytest

LOG_GROUP = {"Type": "AWS::Logs::LogGroup", "Properties": {}}
TEMPLATE = {"Resources": {"Group": LOG_GROUP}}
OTHER = json.dumps({"Resources": {"Group": LOG_GROUP, "More": LOG_GROUP}})
STUCK = (
    *("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"),
    *("CREATE_FAILED", "REVIEW_IN_PROGRESS"),
)
BUSY = ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


@pytest.fixture
def cloudformation(aws):
    return aws.client("cloudformation")


@pytest.fixture
def stack_in(control, fresh):
    """Put a new and empty stack into a status; give its name and its id."""

    def put(status, **more):
        name = fresh()
        put = control.set(f"/stacks/{name}/status", {"status": status, **more})
        return name, put["StackId"]

    return put


@pytest.mark.parametrize("status", [*STUCK, *BUSY, "CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def test_a_stack_is_not_updated_in_this_status(cloudformation, stack_in, status):
    name, stack_id = stack_in(status)

    with pytest.raises(cloudformation.exceptions.ClientError) as refused:
        cloudformation.update_stack(StackName=name, TemplateBody=OTHER)
    with pytest.raises(cloudformation.exceptions.ClientError) as change_refused:
        cloudformation.create_change_set(StackName=name, ChangeSetName="change", TemplateBody=OTHER)

    for error in (refused.value.response["Error"], change_refused.value.response["Error"]):
        assert error["Code"] == "ValidationError"
        assert error["Message"] == f"Stack:{stack_id} is in {status} state and can not be updated."


@pytest.mark.parametrize("status", STUCK)
def test_a_stuck_stack_is_not_created_again(cloudformation, stack_in, status):
    name, _stack_id = stack_in(status)

    with pytest.raises(cloudformation.exceptions.AlreadyExistsException) as refused:
        cloudformation.create_stack(StackName=name, TemplateBody=OTHER)

    assert refused.value.response["Error"]["Message"] == f"Stack [{name}] already exists"


def test_a_stack_in_review_takes_another_first_change_set(stack_in, change_sets):
    name, _stack_id = stack_in("REVIEW_IN_PROGRESS")

    assert change_sets.execute(name, TEMPLATE) == "CREATE_COMPLETE"


def test_any_other_stack_takes_no_first_change_set(cloudformation, stack_in):
    name, _stack_id = stack_in("ROLLBACK_COMPLETE")

    with pytest.raises(cloudformation.exceptions.ClientError, match="cannot be created again"):
        cloudformation.create_change_set(
            StackName=name, ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=OTHER
        )


@pytest.mark.parametrize("status", STUCK)
def test_a_stuck_stack_is_deleted_and_made_anew(cloudformation, stack_in, status):
    name, stack_id = stack_in(status)

    cloudformation.delete_stack(StackName=name)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=stack_id, WaiterConfig={"Delay": 0.05})

    created = cloudformation.create_stack(StackName=name, TemplateBody=OTHER)
    assert created["StackId"] != stack_id


@pytest.mark.parametrize("status", BUSY)
def test_a_stack_is_not_deleted_while_it_is_changed(cloudformation, stack_in, status):
    name, stack_id = stack_in(status)

    with pytest.raises(cloudformation.exceptions.ClientError) as refused:
        cloudformation.delete_stack(StackName=name)

    assert refused.value.response["Error"]["Message"] == (
        f"Stack [{stack_id}] cannot be deleted while in status {status}"
    )


def test_a_deletion_that_runs_is_not_begun_again(cloudformation, stack_in):
    name, stack_id = stack_in("DELETE_IN_PROGRESS")

    cloudformation.delete_stack(StackName=name)

    [found] = cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
    assert found["StackStatus"] == "DELETE_IN_PROGRESS"


def test_a_second_operation_is_refused_while_the_first_runs(
    aws, cloudformation, function, wait_settled
):
    template = function(code="def handler(event, context): import time; time.sleep(9)").template()
    with aws.deployed(TEMPLATE) as stack:
        custom = {
            **template["Resources"],
            "Group": LOG_GROUP,
            # A custom resource whose function never answers holds the update up.
            "Slow": {
                "Type": "Custom::Slow",
                "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                    "ServiceTimeout": 1,
                },
            },
        }
        body = json.dumps({"Resources": custom})
        allowed = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
        cloudformation.update_stack(StackName=stack.name, TemplateBody=body, **allowed)

        with pytest.raises(cloudformation.exceptions.ClientError, match="UPDATE_IN_PROGRESS state"):
            cloudformation.update_stack(StackName=stack.name, TemplateBody=OTHER)
        with pytest.raises(cloudformation.exceptions.ClientError, match="cannot be deleted while"):
            cloudformation.delete_stack(StackName=stack.name)

        assert wait_settled(cloudformation, stack.name) == "UPDATE_ROLLBACK_COMPLETE"


def test_a_failed_rollback_goes_on_without_what_it_is_told_to_skip(
    aws, cloudformation, control, wait_settled
):
    with aws.deployed(TEMPLATE) as stack:
        reason = "The following resource(s) failed to update: [Group]."
        control.set(
            f"/stacks/{stack.name}/status",
            {"status": "UPDATE_ROLLBACK_FAILED", "reason": reason, "failed": ["Group"]},
        )
        [stuck] = cloudformation.describe_stacks(StackName=stack.name)["Stacks"]

        cloudformation.continue_update_rollback(StackName=stack.name, ResourcesToSkip=["Group"])
        status = wait_settled(cloudformation, stack.name)

        groups = cloudformation.list_stack_resources(StackName=stack.name)
        assert stuck["StackStatusReason"] == reason
        assert status == "UPDATE_ROLLBACK_COMPLETE"
        assert [r["LogicalResourceId"] for r in groups["StackResourceSummaries"]] == ["Group"]


def test_an_empty_list_to_skip_is_no_list(aws, cloudformation, control, wait_settled):
    """As the CDK CLI sends it: API_ContinueUpdateRollback."""
    with aws.deployed(TEMPLATE) as stack:
        control.set(f"/stacks/{stack.name}/status", {"status": "UPDATE_ROLLBACK_FAILED"})

        cloudformation.continue_update_rollback(StackName=stack.name, ResourcesToSkip=[])

        assert wait_settled(cloudformation, stack.name) == "UPDATE_ROLLBACK_COMPLETE"


def test_a_rollback_is_continued_of_a_failed_one_only(cloudformation, stack_in):
    name, _stack_id = stack_in("UPDATE_COMPLETE")

    with pytest.raises(cloudformation.exceptions.ClientError, match="current stack status"):
        cloudformation.continue_update_rollback(StackName=name)


def test_a_stack_put_into_a_status_tells_so_in_its_events(cloudformation, stack_in):
    name, _stack_id = stack_in("ROLLBACK_FAILED", reason="an accident")

    [event] = cloudformation.describe_stack_events(StackName=name)["StackEvents"]

    assert (event["ResourceStatus"], event["ResourceStatusReason"]) == (
        "ROLLBACK_FAILED",
        "an accident",
    )
