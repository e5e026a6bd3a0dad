"""Gap: what exists under a template's name is found before anything is deployed.

The emulator validates buckets only, and no change set. AWS validates both:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
(a name conflict fails the change set or the operation, with the reasons below) and tells the
cause by DescribeEvents alone:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_OperationEvent.html, as the
CDK CLI asks for it (aws-cdk-cli, ``api/diagnosing/changeset-error-fetcher.ts``).
"""

from collections.abc import Iterator
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import cloudformation, cloudwatch_logs, dynamodb
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from .cloud import Cloud
from .replacement import expected, replace

FAILED_REASON = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. "
    "To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure "
    "information."
)
NAME_CONFLICT = "NAME_CONFLICT_VALIDATION"
# What says that a name is taken, by type; the emulator itself looks at buckets.
NAMED = {"AWS::DynamoDB::Table": "TableName", "AWS::Logs::LogGroup": "LogGroupName"}
HTTP_OK = 200
Record = dict[str, Any]
Error = tuple[str, str, str, str, str]
VALIDATION_PARAMETERS = (
    *("resources_defs", "ordered", "param_values", "conditions", "mappings"),
    *("stack_name", "stack_id", "owned_buckets"),
)


def apply(_cloud: Cloud) -> None:
    """Validate change sets too, tables and log groups too, and tell by DescribeEvents."""
    expected(dynamodb, "_tables")
    expected(cloudwatch_logs, "_log_groups")
    expected(provisioners, "s3_bucket_name_conflict", "name")
    expected(stacks, "_operation_event")
    parameters = ("raw", "resources_defs", "param_values", "conditions", "mappings")
    expected(stacks, "_static_property", *parameters, "stack_name", "stack_id")
    replace(stacks, "_validation_errors", VALIDATION_PARAMETERS, _finding_every_name)
    actions = expected(handlers, "_ACTION_HANDLERS")
    actions["CreateChangeSet"] = _validating(actions["CreateChangeSet"])
    actions["DescribeEvents"] = _of_change_sets(actions["DescribeEvents"])


def _finding_every_name(original: Any) -> Any:
    def validation_errors(*arguments: Any) -> list[Error]:
        definitions, stack_name, stack_id = arguments[0], arguments[5], arguments[6]
        imported = _imports_of(stack_id)
        errors = [*original(*arguments), *_taken_names(*arguments[:7])]
        held = _held_by(stack_name)
        return [
            error
            for error in errors
            if error[2] != NAME_CONFLICT
            or (error[0] not in imported and _named(definitions[error[0]], error) not in held)
        ]

    return validation_errors


def _imports_of(stack_id: str) -> set[str]:
    """Return what the change set that is executed on the stack adopts."""
    return {
        logical_id
        for change_set in cloudformation._change_sets.values()
        if change_set["StackId"] == stack_id
        and change_set["ExecutionStatus"] == "EXECUTE_IN_PROGRESS"
        for logical_id in change_set.get("_import_existing") or ()
    }


def _held_by(stack_name: str) -> set[tuple[str, str]]:
    resources = (cloudformation._stacks.get(stack_name) or {}).get("_resources", {})
    return {(r["ResourceType"], r.get("PhysicalResourceId", "")) for r in resources.values()}


def _named(definition: Record, error: Error) -> tuple[str, str]:
    return definition["Type"], _identifier(error[4])


def _identifier(reason: str) -> str:
    """Return the name that a name conflict's text quotes."""
    return reason.rpartition("with identifier '")[2].partition("'")[0]


def _taken_names(
    definitions: Record, ordered: list[str], parameters: Record, conditions: Record, *rest: Any
) -> Iterator[Error]:
    """Find the tables and log groups that exist already."""
    exists = {
        "AWS::DynamoDB::Table": dynamodb._tables,
        "AWS::Logs::LogGroup": cloudwatch_logs._log_groups,
    }
    for logical_id in ordered:
        definition = definitions[logical_id]
        kind, condition = definition.get("Type", ""), definition.get("Condition")
        raw = (definition.get("Properties") or {}).get(NAMED.get(kind, ""))
        if not raw or (condition and not conditions.get(condition, True)):
            continue
        name = stacks._static_property(raw, definitions, parameters, conditions, *rest)
        if isinstance(name, str) and name in exists[kind]:
            reason = f"Resource of type '{kind}' with identifier '{name}' already exists."
            yield logical_id, kind, NAME_CONFLICT, f"/Resources/{logical_id}", reason


def _validating(create_change_set: Any) -> Any:
    def created(params: Record) -> Any:
        answer = create_change_set(params)
        if answer[0] == HTTP_OK:
            # The request is handled without a pause, so the newest change set is its own.
            _validate(list(cloudformation._change_sets.values())[-1])
        return answer

    return created


def _validate(change_set: Record) -> None:
    if change_set["Status"] != "CREATE_COMPLETE" or change_set.get("_disable_validation"):
        return
    stack = cloudformation._stacks[change_set["StackName"]]
    template, parameters = change_set["_template"], change_set["_resolved_params"]
    with stacks._stack_region_context(stack, stack["StackId"]):
        conditions = engine._evaluate_conditions(template, parameters)
        definitions = template.get("Resources", {})
        errors = stacks._validation_errors(
            definitions,
            engine._topological_sort(definitions, conditions),
            parameters,
            conditions,
            template.get("Mappings", {}),
            change_set["StackName"],
            change_set["StackId"],
        )
    adopted = change_set["_import_existing"].keys() | {
        entry["LogicalResourceId"] for entry in change_set["_resources_to_import"]
    }
    conflicts = [error for error in errors if error[2] == NAME_CONFLICT and error[0] not in adopted]
    if conflicts:
        _fail(change_set, stack, conflicts)


def _fail(change_set: Record, stack: Record, conflicts: list[Error]) -> None:
    change_set.update(
        Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=FAILED_REASON, Changes=[]
    )
    operation = new_uuid()
    change_set["_operation_id"] = operation
    events = [
        {
            **_event(stack["StackId"], operation, error),
            "_change_set": [change_set["ChangeSetName"], change_set["ChangeSetId"]],
        }
        for error in conflicts
    ]
    stack["_operation_events"] = [*stack.get("_operation_events", []), *events]


def _event(stack_id: str, operation: str, error: Error) -> Record:
    logical_id, kind, name, path, reason = error
    event: Record = stacks._operation_event(
        stack_id,
        operation,
        "VALIDATION_ERROR",
        "CREATE_CHANGESET",
        LogicalResourceId=logical_id,
        PhysicalResourceId=_identifier(reason),
        ResourceType=kind,
        ValidationFailureMode="FAIL",
        ValidationName=name,
        ValidationStatus="FAILED",
        ValidationStatusReason=reason,
        ValidationPath=path,
    )
    return event


def _of_change_sets(describe_events: Any) -> Any:
    """Answer for one change set, as the CDK CLI asks; the emulator passes over its name."""

    def described(params: Record) -> Any:
        change_set = handlers._p(params, "ChangeSetName")
        if not change_set:
            return describe_events(params)
        operations = [
            event["OperationId"]
            for stack in cloudformation._stacks.values()
            for event in stack.get("_operation_events") or ()
            if change_set in event.get("_change_set", ())
        ]
        stack_name = handlers._p(params, "StackName")
        if not operations and not changesets._find_change_set(change_set, stack_name)[1]:
            message = f"ChangeSet [{change_set}] does not exist"
            return handlers._error("ChangeSetNotFound", message, 404)
        newest = operations[-1] if operations else "none"
        rest = {name: value for name, value in params.items() if name != "ChangeSetName"}
        return describe_events({**rest, "OperationId": [newest]})

    return described
