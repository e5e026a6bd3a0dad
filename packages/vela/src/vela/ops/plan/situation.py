"""All the planners may know.

Law: values only, built once from the facts and the deployed templates. A planner never asks whether
something could be had: `situation.situation` has decided that before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vela.ops.plan.difference import same

Template = Mapping[str, Any]

DATABASE, API, WEB = "DatabaseStack", "ApiStack", "VelaStack"
STACKS = (DATABASE, API, WEB)

DISTRIBUTION = "AWS::CloudFront::Distribution"
BUCKET = "AWS::S3::Bucket"
RECORD = "AWS::Route53::RecordSet"


class Condition(StrEnum):
    """What can be done with a stack, whatever CloudFormation calls its status."""

    ABSENT = "absent"
    SETTLED = "settled"
    BUSY = "busy"
    EMPTY = "empty"
    ROLLBACK_FAILED = "rollback failed"
    HALF_DELETED = "half deleted"


_CONDITIONS = {
    "DELETE_COMPLETE": Condition.ABSENT,
    "REVIEW_IN_PROGRESS": Condition.EMPTY,
    "ROLLBACK_COMPLETE": Condition.EMPTY,
    "ROLLBACK_FAILED": Condition.HALF_DELETED,
    "CREATE_FAILED": Condition.HALF_DELETED,
    "DELETE_FAILED": Condition.HALF_DELETED,
    "UPDATE_FAILED": Condition.ROLLBACK_FAILED,
    "UPDATE_ROLLBACK_FAILED": Condition.ROLLBACK_FAILED,
    # CloudFormation continues the rollback of an update only; ContinueUpdateRollback says so.
    "IMPORT_ROLLBACK_FAILED": Condition.HALF_DELETED,
}


def condition_of(status: str) -> Condition:
    """Tell what a status means for a plan."""
    if (known := _CONDITIONS.get(status)) is not None:
        return known
    return Condition.BUSY if status.endswith("_IN_PROGRESS") else Condition.SETTLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A stack that is there.

    Attributes:
        status: As CloudFormation calls it.
        template: That was deployed last; empty for a stack without resources.
        holder: Who is changing it and since when; only of a busy one.

    """

    status: str
    template: Template = field(default_factory=dict)
    holder: str = ""

    @property
    def condition(self) -> Condition:
        """What can be done with it."""
        return condition_of(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A resource of ours with a literal name that no stack owns and the plan can take in."""

    stack: str
    logical_id: str
    type: str
    name: str
    objects: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The website's own name.

    Attributes:
        name: A host name.
        leads_here: Whether DNS already leads to our distribution.
        blocks: Whether DNS leads to somebody else's distribution, so that CloudFront refuses ours.
        free: Whether CloudFront has said that no other distribution has the name.
        zone: The Route 53 zone that CDK is to make the record in; None: a person makes it.

    """

    name: str
    leads_here: bool = False
    blocks: bool = False
    free: bool = False
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is deployed, what is wanted, and what stands in between.

    Attributes:
        bootstrapped: Whether CDK's own stack is new enough for the assembly.
        wanted: Templates by stack, in the order they are deployed.
        deployed: The stacks that are there.
        orphans: What the deployment takes in.
        domain: None without one.
        bucket: The website bucket's literal name.
        bucket_objects: How many objects it holds; None where it is not known, or there is none.
        cluster_protected: Whether the cluster refuses deletion now.
        mine: Whether a busy stack is an interrupted run of this machine.

    """

    bootstrapped: bool
    wanted: Mapping[str, Template]
    deployed: Mapping[str, Deployed] = field(default_factory=dict)
    orphans: tuple[Orphan, ...] = ()
    domain: Domain | None = None
    bucket: str = ""
    bucket_objects: int | None = None
    cluster_protected: bool = False
    mine: bool = False

    def condition(self, stack: str) -> Condition:
        """Tell what can be done with *stack*."""
        found = self.deployed.get(stack)
        return found.condition if found else Condition.ABSENT

    def template(self, stack: str) -> Template | None:
        """Give the template a change of *stack* starts from; None when it starts from nothing."""
        match self.condition(stack):
            case Condition.ABSENT | Condition.EMPTY | Condition.HALF_DELETED:
                return None
            case Condition.SETTLED | Condition.BUSY | Condition.ROLLBACK_FAILED:
                return self.deployed[stack].template

    def converged(self, stack: str) -> bool:
        """Tell whether *stack* is as it is wanted."""
        deployed = self.template(stack)
        settled = self.condition(stack) is Condition.SETTLED
        return settled and deployed is not None and same(deployed, self.wanted[stack])


def aliases(template: Template | None) -> frozenset[str]:
    """Give the names that the template's distribution claims."""
    return frozenset(
        name
        for resource in (template or {}).get("Resources", {}).values()
        if resource.get("Type") == DISTRIBUTION
        for name in resource.get("Properties", {}).get("DistributionConfig", {}).get("Aliases", ())
    )


def has_record(template: Template | None) -> bool:
    """Tell whether the template makes a DNS record."""
    resources = (template or {}).get("Resources", {}).values()
    return any(resource.get("Type") == RECORD for resource in resources)


def without_record(template: Template) -> Template:
    """Give what the app synthesises when it is told to make no record."""
    kept = {i: r for i, r in template["Resources"].items() if r.get("Type") != RECORD}
    return {**template, "Resources": kept}


def without_alias(template: Template) -> Template:
    """Give what the app synthesises when it is told to attach no alias."""
    return {**template, "Resources": {i: _bare(r) for i, r in template["Resources"].items()}}


def adopting(template: Template) -> Template:
    """Give what the app synthesises when the bucket is told by its name alone."""
    return {**template, "Resources": {i: _nameonly(r) for i, r in template["Resources"].items()}}


def has_bucket_by_name_alone(template: Template | None) -> bool:
    """Tell whether the template takes a bucket in and does not set it up yet."""
    return any(
        resource.get("Type") == BUCKET and set(resource.get("Properties", ())) == {"BucketName"}
        for resource in (template or {}).get("Resources", {}).values()
    )


def _nameonly(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    if resource.get("Type") != BUCKET:
        return resource
    return {**resource, "Properties": {"BucketName": resource["Properties"]["BucketName"]}}


def protects_data(template: Template | None) -> bool:
    """Tell whether the template makes anything that refuses its deletion."""
    return any(
        resource.get("Properties", {}).get("DeletionProtectionEnabled") is True
        for resource in (template or {}).get("Resources", {}).values()
    )


def unprotected(template: Template) -> Template:
    """Give what the app synthesises when data need not outlive their stacks."""
    resources = template.get("Resources", {})
    return {**template, "Resources": {i: _unprotected(r) for i, r in resources.items()}}


def _unprotected(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = resource.get("Properties", {})
    if "DeletionProtectionEnabled" not in properties:
        return resource
    return {
        **resource,
        "Properties": {**properties, "DeletionProtectionEnabled": False},
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
    }


def _bare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    if resource.get("Type") != DISTRIBUTION:
        return resource
    properties = resource["Properties"]
    config = {k: v for k, v in properties["DistributionConfig"].items() if k != "Aliases"}
    return {**resource, "Properties": {**properties, "DistributionConfig": config}}
