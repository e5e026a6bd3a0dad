"""Gap: state is saved at a graceful stop only.

Here a service is saved before any change to it is acknowledged, and CloudFormation together with
what a resource changed before the resource is reported complete: a killed process loses no
resource and no data. What it may lose are log lines and metrics, which are saved at a graceful
stop, with the other services. A stack whose operation a kill interrupted is found so at the next
start and left in a state from which the CDK CLI goes on.
"""

import json
import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

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


def apply(cloud: Cloud, principals: Principals) -> "Durability":
    """Save before acknowledging, and tell the principals what IAM says now."""
    expected(persistence, "_json_default", "obj")
    expected(persistence, "_state_format_version", "service")
    expected(app, "_build_persistence_save_dict")
    durability = Durability(cloud, principals)
    handlers = expected(app, "SERVICE_HANDLERS")
    for service, handler in handlers.items():
        handlers[service] = durability.saving(handler, service)
    parameters = ("stack_id", "stack_name", "logical_id", "resource_type", "status")
    optional = ("reason", "physical_id", "detailed_status")
    replace(stacks, "_add_event", (*parameters, *optional), durability.saving_events)
    return durability


class Durability:
    """Saves what changed, and does not acknowledge what could not be saved."""

    def __init__(self, cloud: Cloud, principals: Principals) -> None:
        self._cloud = cloud
        self._principals = principals
        self._unsaved = False
        self.interrupted: list[str] = []

    def saving(self, handler: Any, service: str) -> Any:
        """Wrap a service's handler so that its answer comes after its state is saved."""

        async def handle(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Any:
            answer = await handler(method, path, headers, body, query)
            changed = _changes(method, headers, body, query)
            try:
                if self._unsaved:
                    save(_services_in_use())
                    self._unsaved = False
                elif changed:
                    save(_states_of([service]))
            except OSError as error:
                return _refusal(answer[1], error)
            if changed:
                self._tell_principals(service)
            return answer

        return handle

    def saving_events(self, add_event: Any) -> Any:
        """Wrap the recording of stack events: what is complete has been saved."""

        def recorded(*arguments: Any, **named: Any) -> None:
            add_event(*arguments, **named)
            _stack, _name, _logical_id, resource_type, status = arguments[:5]
            if not status.endswith("_IN_PROGRESS"):
                self._save_after(resource_type)

        return recorded

    def _save_after(self, resource_type: str) -> None:
        service = SERVICE_OF_TYPE.get(resource_type.split("::")[1])
        if resource_type == "AWS::CloudFormation::Stack" or service is None:
            states = _services_in_use()
        else:
            states = _states_of([service, "cloudformation"])
        try:
            save(states)
        except OSError:
            # The operation goes on; the next request, if only for its progress, is refused.
            log.exception("nothing is acknowledged until the state can be saved")
            self._unsaved = True
        self._tell_principals(service)

    def _tell_principals(self, service: str | None) -> None:
        if service != "iam":
            return
        try:
            self._principals.synchronise()
        except OSError:
            # What was not told is told with the next change; without dsql-local nobody connects.
            log.exception("dsql-local was not told of a role's policies")

    def settle(self) -> None:
        """After a restart: end what no process carries on, and tell the principals."""
        with request_scope(self._cloud.account, self._cloud.region):
            for name, stack in cloudformation._stacks.items():
                settled = AFTER_INTERRUPTION.get(stack["StackStatus"])
                if settled is not None:
                    log.warning("stack %s was %s: %s", name, stack["StackStatus"], INTERRUPTED)
                    stack.update(StackStatus=settled, StackStatusReason=INTERRUPTED)
                    self.interrupted.append(str(name))
        self._principals.synchronise()


def _changes(method: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> bool:
    """Tell whether a request may have changed anything, by its operation or else its method."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    action = re.search(rb"(?:^|&)Action=(\w+)", body) if not operation else None
    operation = action[1].decode() if action else operation or "".join(query.get("Action", []))
    if operation:
        return not READING.match(operation)
    return method not in {"GET", "HEAD", "OPTIONS"}


def _refusal(headers: dict[str, str], error: OSError) -> tuple[int, dict[str, str], bytes]:
    """Return an error in the protocol of the answer whose *headers* these are."""
    text = f"The local cloud cannot save its state: {error}. Make room, then try again"
    kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    if "xml" not in kind:
        document = json.dumps({"__type": "InternalFailure", "message": text})
        return 500, {"Content-Type": kind or "application/json"}, document.encode()
    inner = f"<Error><Code>InternalFailure</Code><Message>{escape(text)}</Message></Error>"
    return 500, {"Content-Type": "text/xml"}, f"<ErrorResponse>{inner}</ErrorResponse>".encode()


def _services_in_use() -> dict[str, Any]:
    states: dict[str, Any] = app._build_persistence_save_dict()
    return states


def _states_of(services: Iterable[str]) -> dict[str, Any]:
    registry = app.SERVICE_REGISTRY
    modules = {
        module
        for service in services
        for module in (registry[service]["module"], *registry[service].get("sub_modules", ()))
    }
    return {k: v for k, v in _services_in_use().items() if app._state_map[k] in modules}


def save(states: dict[str, Any]) -> None:
    """Write each state as the emulator would; unlike there, a failure is one."""
    directory = Path(persistence.STATE_DIR)
    directory.mkdir(parents=True, exist_ok=True)
    for name, get_state in states.items():
        state = get_state()
        if state is None:
            continue
        document = {
            "__ministack_format__": persistence._state_format_version(name),
            "payload": state,
        }
        partial = directory / f"{name}.partial"
        partial.write_text(json.dumps(document, default=persistence._json_default))
        partial.replace(directory / f"{name}.json")
