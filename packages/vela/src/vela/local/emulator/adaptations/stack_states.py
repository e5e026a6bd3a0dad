"""Gap: what a stack's status allows.

The emulator updates and creates over statuses that AWS refuses, words the refusal otherwise, and
begins a deletion twice. What each status means:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
Routes: ``PUT /stacks/{name}/status`` puts a stack into any status, as an accident would.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid, now_iso
from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

from . import durable_state
from .cloud import Cloud
from .local_control import Document, LocalControl
from .replacement import expected

UPDATABLE = frozenset(
    {
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
        *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
    }
)
# A deletion interrupts a creation, and nothing else that runs.
UNDELETABLE = frozenset(
    {
        *("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        *("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
        *("ROLLBACK_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS"),
    }
)
STATUSES = frozenset(
    {
        *UPDATABLE,
        *UNDELETABLE,
        *("REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE"),
        *("ROLLBACK_FAILED", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"),
        *("DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE", "IMPORT_ROLLBACK_FAILED"),
    }
)
GONE = "DELETE_COMPLETE"
STACK = "AWS::CloudFormation::Stack"
HTTP_OK = 200
Params = dict[str, Any]
Refusal = Any
Check = Callable[[Params, Document], Refusal]


def apply(_cloud: Cloud, control: LocalControl) -> None:
    """Look at the status before every operation on a stack."""
    expected(handlers, "_resolve_stack", "stack_name")
    expected(handlers, "_p", "params", "key", "default")
    actions = expected(handlers, "_ACTION_HANDLERS")
    checks: dict[str, Check] = {
        "CreateStack": _refuse_creation,
        "UpdateStack": _refuse_update,
        "CreateChangeSet": _refuse_change_set,
        "ExecuteChangeSet": _refuse_execution,
        "DeleteStack": _refuse_deletion,
    }
    for action, check in checks.items():
        actions[action] = _checked(actions[action], check)
    actions["DeleteStack"] = _marking(actions["DeleteStack"])
    control.add("PUT", "/stacks/{name}/status", put_status)


def _checked(handler: Any, check: Check) -> Any:
    def handle(params: Params) -> Any:
        stack = _named(params)
        refusal = None if stack is None else check(params, stack)
        return handler(params) if refusal is None else refusal

    return handle


def _named(params: Params) -> Document | None:
    """Return the stack that a request is about, unless it is gone or does not exist."""
    name = handlers._p(params, "StackName")
    change_set = handlers._p(params, "ChangeSetName")
    stack = handlers._resolve_stack(name) if name else None
    if stack is None and change_set in cloudformation._change_sets:
        name = cloudformation._change_sets[change_set]["StackName"]
        stack = cloudformation._stacks.get(name)
    return stack if stack and stack["StackStatus"] != GONE else None


def _error(text: str, code: str = "ValidationError") -> Refusal:
    return handlers._error(code, text)


def _refuse_update(_params: Params, stack: Document) -> Refusal:
    if stack["StackStatus"] in UPDATABLE:
        return None
    status = stack["StackStatus"]
    return _error(f"Stack:{stack['StackId']} is in {status} state and can not be updated.")


def _refuse_creation(_params: Params, stack: Document) -> Refusal:
    return _error(f"Stack [{stack['StackName']}] already exists", "AlreadyExistsException")


def _refuse_change_set(params: Params, stack: Document) -> Refusal:
    kind = handlers._p(params, "ChangeSetType", "UPDATE")
    if kind == "CREATE" and stack["StackStatus"] != "REVIEW_IN_PROGRESS":
        change_set = handlers._p(params, "ChangeSetName")
        name = stack["StackName"]
        return _error(
            f"Stack [{name}] already exists and cannot be created again with the changeSet "
            f"[{change_set}]"
        )
    return _refuse_update(params, stack) if kind == "UPDATE" else None


def _refuse_execution(params: Params, stack: Document) -> Refusal:
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return None
    return _refuse_update(params, stack)


def _refuse_deletion(_params: Params, stack: Document) -> Refusal:
    status = stack["StackStatus"]
    if status == "DELETE_IN_PROGRESS":
        return handlers._xml(HTTP_OK, "DeleteStackResponse", "")
    if status not in UNDELETABLE:
        return None
    return _error(f"Stack [{stack['StackId']}] cannot be deleted while in status {status}")


def _marking(delete_stack: Any) -> Any:
    """Let an accepted deletion show at once, before its task begins."""

    def delete(params: Params) -> Any:
        stack = _named(params)
        answer = delete_stack(params)
        if stack is not None and answer[0] == HTTP_OK:
            stack["StackStatus"] = "DELETE_IN_PROGRESS"
        return answer

    return delete


def put_status(name: str, document: Document) -> Document:
    """Put the stack, made if there is none, into ``status`` with ``reason``.

    ``failed`` names its resources that the operation failed on: a rollback that is continued tries
    or skips them, a deletion retains them.
    """
    status, failed = document["status"], document.get("failed", [])
    if status not in STATUSES:
        raise ValueError(f"no status is called {status}")
    stack = cloudformation._stacks.get(name)
    if stack is None or stack["StackStatus"] == GONE:
        stack = cloudformation._stacks[name] = _empty_stack(name)
    stack.update(StackStatus=status, StackStatusReason=document.get("reason", ""))
    _mark_failed(stack, status, failed)
    about = (stack["StackId"], name, name, STACK, status)
    cloudformation.stacks._add_event(
        *about, stack["StackStatusReason"], physical_id=stack["StackId"]
    )
    durable_state.save_services("cloudformation")
    return {"StackId": stack["StackId"], "StackStatus": status}


def _mark_failed(stack: Document, status: str, failed: list[str]) -> None:
    resources = stack["_resources"]
    step = "DELETE_FAILED" if status == "DELETE_FAILED" else "UPDATE_FAILED"
    for logical_id in failed:
        resources[logical_id]["ResourceStatus"] = step
    if status == "UPDATE_ROLLBACK_FAILED":
        stack["_rollback_failed"] = {
            logical_id: {
                **resources[logical_id],
                "RevertFrom": resources[logical_id]["Properties"],
                "RevertTo": resources[logical_id]["Properties"],
            }
            for logical_id in failed
        }


def _empty_stack(name: str) -> Document:
    stack_id = f"arn:aws:cloudformation:{get_region()}:{get_account_id()}:stack/{name}/{new_uuid()}"
    cloudformation._stack_events[stack_id] = []
    return {
        "StackName": name,
        "StackId": stack_id,
        "CreationTime": now_iso(),
        "LastUpdatedTime": now_iso(),
        "Description": "",
        "DisableRollback": False,
        "_region": get_region(),
        "_template_body": "{}",
        **{empty: [] for empty in ("Parameters", "Tags", "Outputs")},
        **{empty: {} for empty in ("_resources", "_template", "_resolved_params", "_conditions")},
    }
