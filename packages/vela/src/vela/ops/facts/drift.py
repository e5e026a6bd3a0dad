"""How what is deployed differs from its template.

Law: the last known state unless asked: finding it anew takes CloudFormation minutes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from vela.ops.aws import Aws
from vela.ops.facts.stacks import StackFact, Stacks
from vela.ops.facts.threads import each
from vela.ops.facts.unknown import Unknown
from vela.ops.outputs import STACKS
from vela.ops.refusals import known

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackResourceDriftTypeDef

POLL_S = 2.0
#: A stack of this size takes CloudFormation about a minute.
POLLS = 150
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftedResource:
    """A resource that was changed, or removed, past CloudFormation."""

    logical_id: str
    type: str
    status: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDrift:
    """One stack's drift."""

    stack: str
    status: str
    checked: datetime | None = None
    resources: tuple[DriftedResource, ...] = ()


def gather(
    aws: Aws, stacks: Stacks | Unknown, *, detect: bool, sleep: Sleep
) -> Mapping[str, StackDrift] | Unknown:
    """Give each deployed stack's drift; with *detect*, as it is now."""
    if isinstance(stacks, Unknown):
        return stacks
    ours = [stacks[name] for name in STACKS if name in stacks and stacks[name].exists]
    action = (
        "cloudformation:DetectStackDrift"
        if detect
        else "cloudformation:DescribeStackResourceDrifts"
    )

    def drifts() -> Mapping[str, StackDrift]:
        told = each(lambda stack: _of(aws, stack, detect=detect, sleep=sleep), ours)
        return {drift.stack: drift for drift in told}

    return known(action, drifts)


def _of(aws: Aws, stack: StackFact, *, detect: bool, sleep: Sleep) -> StackDrift:
    status, checked = (
        _detected(aws, stack.name, sleep) if detect else (stack.drift_status, stack.drift_checked)
    )
    resources = _resources(aws, stack.name) if status == "DRIFTED" else ()
    return StackDrift(stack=stack.name, status=status, checked=checked, resources=resources)


def _detected(aws: Aws, name: str, sleep: Sleep) -> tuple[str, datetime | None]:
    """Have CloudFormation compare, and wait for it: the one question that is asked repeatedly."""
    detection = aws.cloudformation.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    for _ in range(POLLS):
        told = aws.cloudformation.describe_stack_drift_detection_status(
            StackDriftDetectionId=detection
        )
        if told["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            return told.get("StackDriftStatus", "UNKNOWN"), told.get("Timestamp")
        sleep(POLL_S)
    return "UNKNOWN", None


def _resources(aws: Aws, name: str) -> tuple[DriftedResource, ...]:
    told = aws.cloudformation.describe_stack_resource_drifts(
        StackName=name,
        StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
        MaxResults=100,  # more than any of the stacks has resources
    )
    return tuple(_resource(drift) for drift in told["StackResourceDrifts"])


def _resource(drift: "StackResourceDriftTypeDef") -> DriftedResource:
    differences = drift.get("PropertyDifferences", ())
    return DriftedResource(
        logical_id=drift["LogicalResourceId"],
        type=drift["ResourceType"],
        status=drift["StackResourceDriftStatus"],
        properties=tuple(difference["PropertyPath"] for difference in differences),
    )
