"""Gap: state is saved at a graceful stop only.

Here a service is saved before any change to it is acknowledged, and CloudFormation together with
what a resource changed before the resource is reported complete: a killed process loses no
resource and no data. What it may lose are log lines and metrics, which are saved at a graceful
stop, with the other services. A stack whose operation a kill interrupted is found so at the next
start and left in a state from which the CDK CLI goes on.
"""

import logging
import re
from collections.abc import Iterable
from typing import Any

from ministack import app
from ministack.core import persistence
from ministack.core.responses import request_scope
from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

from .cloud import Cloud
from .principals import Principals
from .replacement import expected, replace

log = logging.getLogger("vela.durable_state")

READING = re.compile(
    r"(Describe|Get|List|Head|BatchGet|Query|Scan|Lookup|Validate|Simulate|Detect|Estimate|Filter)"
)
# The emulator's services by the second part of a resource type; any other type saves them all.
SERVICE_OF_TYPE = {
    "ApiGatewayV2": "apigateway",
    "CloudFront": "cloudfront",
    "DynamoDB": "dynamodb",
    "EC2": "ec2",
    "IAM": "iam",
    "Lambda": "lambda",
    "Logs": "logs",
    "S3": "s3",
    "SecretsManager": "secretsmanager",
    "DSQL": "dsql",
    "CDK": "dsql",
}
INTERRUPTED = "the local cloud was killed during this operation"
# After a kill: a creation can only be deleted (the CDK CLI does), an update can be made again.
AFTER_INTERRUPTION = {
    "CREATE_IN_PROGRESS": "ROLLBACK_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
}


def apply(_cloud: Cloud, principals: Principals) -> None:
    """Save before acknowledging, and tell the principals what IAM says now."""
    expected(persistence, "save_state", "service", "data")
    expected(app, "_build_persistence_save_dict")
    handlers = expected(app, "SERVICE_HANDLERS")
    for service, handler in handlers.items():
        handlers[service] = _saving(handler, service, principals)

    def saving_events(original: Any) -> Any:
        def add_event(*arguments: Any, **named: Any) -> None:
            original(*arguments, **named)
            _stack, _name, _logical_id, resource_type, status = arguments[:5]
            if not status.endswith("_IN_PROGRESS"):
                _saved_after(resource_type, principals)

        return add_event

    parameters = ("stack_id", "stack_name", "logical_id", "resource_type", "status")
    optional = ("reason", "physical_id", "detailed_status")
    replace(stacks, "_add_event", (*parameters, *optional), saving_events)


def _saving(handler: Any, service: str, principals: Principals) -> Any:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        answer = await handler(method, path, headers, body, query)
        if _changes(method, headers, body, query):
            save([service])
            if service == "iam":
                principals.synchronise()
        return answer

    return handle


def _changes(method: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> bool:
    """Tell whether a request may have changed anything, by its operation or else its method."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    action = re.search(rb"(?:^|&)Action=(\w+)", body) if not operation else None
    operation = action[1].decode() if action else operation or "".join(query.get("Action", []))
    if operation:
        return not READING.match(operation)
    return method not in {"GET", "HEAD", "OPTIONS"}


def _saved_after(resource_type: str, principals: Principals) -> None:
    service = SERVICE_OF_TYPE.get(resource_type.split("::")[1])
    if resource_type == "AWS::CloudFormation::Stack" or service is None:
        save_all()
    else:
        save([service, "cloudformation"])
    if service == "iam":
        principals.synchronise()


def save(services: Iterable[str]) -> None:
    """Save the state of *services*."""
    registry = app.SERVICE_REGISTRY
    modules = {
        module
        for service in services
        for module in (registry[service]["module"], *registry[service].get("sub_modules", ()))
    }
    for key, get_state in app._build_persistence_save_dict().items():
        if app._state_map[key] in modules and (state := get_state()) is not None:
            persistence.save_state(key, state)


def save_all() -> None:
    """Save the state of every service in use."""
    persistence.save_all(app._build_persistence_save_dict())


def settle_interrupted(cloud: Cloud) -> None:
    """Give every stack a final state whose operation no process carries on any more."""
    with request_scope(cloud.account, cloud.region):
        for name, stack in cloudformation._stacks.items():
            settled = AFTER_INTERRUPTION.get(stack["StackStatus"])
            if settled is None:
                continue
            log.warning("stack %s was %s: %s", name, stack["StackStatus"], INTERRUPTED)
            stack.update(StackStatus=settled, StackStatusReason=INTERRUPTED)
