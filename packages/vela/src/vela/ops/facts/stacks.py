"""The stacks of this Region, and the resources of Vela's own.

Law: one listing of all stacks, one of each Vela stack's resources; nothing is asked twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from vela.ops.aws import Aws
from vela.ops.facts.unknown import Unknown
from vela.ops.outputs import STACKS
from vela.ops.refusals import known

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

BOOTSTRAP_STACK = "CDKToolkit"


class ResourceFact(NamedTuple):
    """One resource of a deployed stack."""

    type: str
    physical_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFact:
    """A stack as CloudFormation describes it.

    Attributes:
        name: Of the stack.
        status: As in ``UPDATE_ROLLBACK_FAILED``.
        status_reason: CloudFormation's own words, or nothing.
        changed: When it was last changed or, if never, made.
        change_set: The ARN of the change set executed on it last, or nothing.
        outputs: By their names.
        tags: By their names.
        termination_protection: Whether it refuses deletion.
        drift_status: The last one known: ``IN_SYNC``, ``DRIFTED``, ``NOT_CHECKED`` or ``UNKNOWN``.
        drift_checked: When that was.
        resources: By their logical ids; only of Vela's own stacks.

    """

    name: str
    status: str
    status_reason: str = ""
    changed: datetime | None = None
    change_set: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    termination_protection: bool = False
    drift_status: str = "NOT_CHECKED"
    drift_checked: datetime | None = None
    resources: Mapping[str, ResourceFact] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether it has ever held a resource: one in review is only a name."""
        return self.status not in {"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}

    @property
    def busy(self) -> bool:
        """Whether an operation runs on it now."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def physical(self, type_: str) -> tuple[str, ...]:
        """Give the physical ids of its resources of one type."""
        return tuple(r.physical_id for r in self.resources.values() if r.type == type_)


Stacks = Mapping[str, StackFact]


def gather(aws: Aws) -> Stacks | Unknown:
    """List the stacks, and the resources of Vela's own."""
    listed = known("cloudformation:DescribeStacks", lambda: _listed(aws))
    if isinstance(listed, Unknown):
        return listed
    return known("cloudformation:ListStackResources", lambda: _with_resources(aws, listed))


def _listed(aws: Aws) -> list[StackFact]:
    pages = aws.cloudformation.get_paginator("describe_stacks").paginate()
    wanted = {*STACKS, BOOTSTRAP_STACK}
    return [_fact(s) for page in pages for s in page["Stacks"] if s["StackName"] in wanted]


def _with_resources(aws: Aws, listed: list[StackFact]) -> Stacks:
    return {
        stack.name: replace(stack, resources=_resources(aws, stack.name))
        if stack.name in STACKS and stack.exists
        else stack
        for stack in listed
    }


def _resources(aws: Aws, name: str) -> dict[str, ResourceFact]:
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        r["LogicalResourceId"]: ResourceFact(
            r["ResourceType"], r.get("PhysicalResourceId", ""), r["ResourceStatus"]
        )
        for page in pages
        for r in page["StackResourceSummaries"]
    }


def _fact(stack: "StackTypeDef") -> StackFact:
    drift = stack.get("DriftInformation")
    return StackFact(
        name=stack["StackName"],
        status=stack["StackStatus"],
        status_reason=stack.get("StackStatusReason", ""),
        changed=stack.get("LastUpdatedTime", stack.get("CreationTime")),
        change_set=stack.get("ChangeSetId", ""),
        outputs={o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
        tags={t["Key"]: t["Value"] for t in stack.get("Tags", [])},
        termination_protection=stack.get("EnableTerminationProtection", False),
        drift_status=drift["StackDriftStatus"] if drift else "NOT_CHECKED",
        drift_checked=drift.get("LastCheckTimestamp") if drift else None,
    )
