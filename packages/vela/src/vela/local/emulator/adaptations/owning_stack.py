"""Gap: which stack a resource belongs to, asked by the resource's own id.

The emulator's DescribeStackResources knows stacks by name only. AWS takes ``PhysicalResourceId``
instead and answers for the whole stack it belongs to:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html;
of a resource of no stack it says ``Stack for <id> does not exist``.
"""

from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

from .cloud import Cloud
from .replacement import expected

GONE = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})


def apply(_cloud: Cloud) -> None:
    """Answer by physical id too."""
    expected(cloudformation, "_stacks")
    expected(handlers, "_error", "code", "message", "status")
    actions = expected(handlers, "_ACTION_HANDLERS")
    actions["DescribeStackResources"] = _by_physical_id(actions["DescribeStackResources"])


def _by_physical_id(described: Any) -> Any:
    def describe_stack_resources(params: Any) -> Any:
        wanted = handlers._p(params, "PhysicalResourceId")
        if not wanted or handlers._p(params, "StackName"):
            return described(params)
        if (name := owner(wanted)) is None:
            return handlers._error("ValidationError", f"Stack for {wanted} does not exist")
        return described({**params, "StackName": [name]})

    return describe_stack_resources


def owner(physical_id: str) -> str | None:
    """Give the name of the stack that holds the resource now."""
    return next(
        (
            stack["StackName"]
            for stack in cloudformation._stacks.values()
            if stack.get("StackStatus") != "DELETE_COMPLETE"
            for resource in stack.get("_resources", {}).values()
            if resource.get("PhysicalResourceId") == physical_id
            and resource.get("ResourceStatus") not in GONE
        ),
        None,
    )
