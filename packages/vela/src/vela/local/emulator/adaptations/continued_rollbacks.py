"""Gap: ContinueUpdateRollback with an empty list of resources to skip.

The CDK CLI sends one, which the query protocol writes as ``ResourcesToSkip=``; the emulator takes it
for a resource without a name. AWS takes it for none:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import handlers

from .cloud import Cloud
from .replacement import expected

Answer = tuple[Any, ...]


def apply(_cloud: Cloud) -> None:
    """Leave the empty list out."""
    actions = expected(handlers, "_ACTION_HANDLERS")
    actions["ContinueUpdateRollback"] = _without_empty(actions["ContinueUpdateRollback"])


def _without_empty(original: Callable[[dict[str, Any]], Answer]) -> Callable[..., Answer]:
    def continue_update_rollback(params: dict[str, Any]) -> Answer:
        skipped = params.get("ResourcesToSkip")
        if isinstance(skipped, list) and not any(skipped):
            params = {name: v for name, v in params.items() if name != "ResourcesToSkip"}
        return original(params)

    return continue_update_rollback
