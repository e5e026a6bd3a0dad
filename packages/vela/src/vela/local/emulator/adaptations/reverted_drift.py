"""Gap: a change set that reverts drift (`DeploymentMode=REVERT_DRIFT`, `cdk deploy --revert-drift`).

The emulator takes it for one without changes. Here it gives each table of the stack the tags and the
protection of its template; a bucket is given its settings by a change of its template, for an import
by its name alone comes before: `plan.deploying`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
"""

from collections.abc import Iterator
from typing import Any

from ministack.services import cloudformation, dynamodb
from ministack.services.cloudformation import handlers, provisioners

from . import durable_state
from .cloud import Cloud
from .imported_resources import HTTP_OK, NO_CHANGES, tag_table
from .replacement import expected

TABLE = "AWS::DynamoDB::Table"
MODE = "DeploymentMode"
Document = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Mark such change sets, and revert when one is executed."""
    expected(provisioners, "_ddb_update_call", "data")
    expected(handlers, "_resolve_stack", "stack_name")
    actions = expected(handlers, "_ACTION_HANDLERS")
    actions["CreateChangeSet"] = _marking(actions["CreateChangeSet"])
    actions["ExecuteChangeSet"] = _reverting(actions["ExecuteChangeSet"])


def _marking(create_change_set: Any) -> Any:
    def created(params: Document) -> Any:
        answer = create_change_set(params)
        if answer[0] == HTTP_OK and handlers._p(params, MODE) == "REVERT_DRIFT":
            change_set = list(cloudformation._change_sets.values())[-1]
            change_set[MODE] = "REVERT_DRIFT"
            drifted = any(_differs(*table) for table in _tables(change_set["StackName"]))
            if drifted and change_set["StatusReason"].startswith(NO_CHANGES):
                ready = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}
                change_set.update(ready, StatusReason="")
        return answer

    return created


def _reverting(execute_change_set: Any) -> Any:
    def executed(params: Document) -> Any:
        asked = handlers._p(params, "ChangeSetName"), handlers._p(params, "StackName")
        change_set = _found(*asked)
        answer = execute_change_set(params)
        if answer[0] == HTTP_OK and change_set is not None and MODE in change_set:
            for table in _tables(change_set["StackName"]):
                _revert(*table)
            durable_state.save_services("dynamodb")
        return answer

    return executed


def _found(name: str, stack: str) -> Document | None:
    """Give the change set that is meant by its ARN, or by its name and its stack's."""
    sets = cloudformation._change_sets
    of = handlers._resolve_stack(stack) if stack else None
    return sets.get(name) or next(
        (
            one
            for one in sets.values()
            if of and (one["ChangeSetName"], one["StackName"]) == (name, of["StackName"])
        ),
        None,
    )


def _tables(stack: str) -> Iterator[tuple[str, Document]]:
    for resource in cloudformation._stacks[stack]["_resources"].values():
        if resource["ResourceType"] == TABLE and resource["PhysicalResourceId"] in dynamodb._tables:
            yield resource["PhysicalResourceId"], resource["Properties"]


def _differs(name: str, declared: Document) -> bool:
    tags = provisioners._tag_map(dynamodb._tags.get(dynamodb._tables[name]["TableArn"]))
    wanted = provisioners._tag_map(declared.get("Tags"))
    untagged = any(tags.get(key) != value for key, value in wanted.items())
    return untagged or _protected(dynamodb._tables[name]) != _protected(declared)


def _revert(name: str, declared: Document) -> None:
    tag_table(name, provisioners._tag_map(declared.get("Tags")))
    change = {"TableName": name, "DeletionProtectionEnabled": _protected(declared)}
    if _protected(dynamodb._tables[name]) != _protected(declared):
        provisioners._ddb_update_call(change)


def _protected(properties: Document) -> bool:
    return str(properties.get("DeletionProtectionEnabled", False)).lower() == "true"
