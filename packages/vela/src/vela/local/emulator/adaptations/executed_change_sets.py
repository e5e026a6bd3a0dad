"""Gap: by which change set a stack was changed last.

AWS tells it of every stack that a change set was executed on (``ChangeSetId``: "Unique identifier of the
change set"), also while that runs and after it was rolled back; the emulator never does:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
"""

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers

from .cloud import Cloud
from .replacement import expected

HTTP_OK = 200
Params = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Note what is executed, and tell it."""
    expected(cloudformation, "_stacks")
    expected(changesets, "_find_change_set", "cs_name", "stack_name")
    actions = expected(handlers, "_ACTION_HANDLERS")
    actions["ExecuteChangeSet"] = _noting(actions["ExecuteChangeSet"])
    actions["DescribeStacks"] = _telling(actions["DescribeStacks"])


def _noting(execute: Any) -> Any:
    def executed(params: Params) -> Any:
        named = (handlers._p(params, "ChangeSetName"), handlers._p(params, "StackName"))
        change_set_id, change_set = changesets._find_change_set(*named)
        answer = execute(params)
        if answer[0] == HTTP_OK:
            cloudformation._stacks[change_set["StackName"]]["ChangeSetId"] = change_set_id
        return answer

    return executed


def _telling(describe: Any) -> Any:
    def described(params: Params) -> Any:
        status, headers, body = describe(params)
        text = body.decode() if isinstance(body, bytes) else body
        for stack in cloudformation._stacks.values():
            if change_set := stack.get("ChangeSetId"):
                own = f"<StackId>{handlers._esc(stack['StackId'])}</StackId>"
                told = f"<ChangeSetId>{handlers._esc(change_set)}</ChangeSetId>"
                text = text.replace(own, own + told)
        return status, headers, text.encode()

    return described
