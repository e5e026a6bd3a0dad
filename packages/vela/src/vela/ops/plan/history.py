"""What was deployed before: the templates that CDK keeps in its assets bucket.

Law: no state of Vela's own. CDK stores each template under the digest of its content and never deletes
it; a change set's name says when the last deployment began. What was stored last before that, and is
not what is deployed, is what was deployed before. Choosing is pure; reading is at the end.
"""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from vela.errors import NothingBefore
from vela.ops.aws import Aws
from vela.ops.execute.holder import began
from vela.ops.plan.difference import difference, same
from vela.ops.plan.situation import (
    STACKS,
    Condition,
    Situation,
    Template,
    has_bucket_by_name_alone,
)
from vela.ops.plan.steps import DeployStack, Plan, Step, Verify
from vela.ops.refusals import known, required, unless

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

#: So many of the newest stored templates are looked at.
LOOKED_AT = 100
#: Deployments without change sets (this machine's) name no beginning: stacks that changed one after
#: the other, in the order they are deployed and within this time, are one deployment.
ONE_DEPLOYMENT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A template in the assets bucket."""

    key: str
    stored: datetime
    template: Template

    @property
    def stack(self) -> str | None:
        """The stack it is of, by the construct paths CDK writes beside each resource."""
        for resource in self.template.get("Resources", {}).values():
            path: str = resource.get("Metadata", {}).get("aws:cdk:path", "")
            if path:
                return path.partition("/")[0]
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """When a stack was changed last, and by which change set."""

    changed: datetime
    change_set: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What a stack goes back to."""

    stack: str
    key: str
    template: Template


def earlier(
    situation: Situation, stored: Iterable[Stored], changes: Mapping[str, LastChange]
) -> tuple[Earlier, ...]:
    """Choose what the stacks of the last deployment go back to, dependants first."""
    before = _beginning(changes)
    kept = sorted(stored, key=lambda one: one.stored, reverse=True)
    found = (
        _before(situation, stack, kept, before)
        for stack in reversed(STACKS)
        if stack in changes and _of_last(changes[stack], before)
    )
    return tuple(one for one in found if one is not None)


def plan_rollback(situation: Situation, back: Iterable[Earlier]) -> Plan:
    """Plan the way back."""
    unsettled = [s for s in STACKS if situation.condition(s) not in {*SETTLED}]
    if unsettled:
        raise NothingBefore(
            f"{unsettled[0]} is in {situation.deployed[unsettled[0]].status}",
            "Run `vela deploy` first: it brings the stack out of that",
        )
    steps: tuple[Step, ...] = tuple(
        DeployStack(
            stack=one.stack,
            changes=difference(situation.template(one.stack), one.template),
            purpose="back to what was deployed before",
        )
        for one in back
    )
    if not steps:
        raise NothingBefore(
            "the assets bucket keeps no earlier template of what was deployed last",
            "Check the earlier version out and run `vela deploy`",
        )
    return Plan(steps=(*steps, Verify()))


SETTLED = (Condition.SETTLED, Condition.ABSENT)


def _beginning(changes: Mapping[str, LastChange]) -> datetime:
    """Tell when the last deployment began."""
    if not changes:
        raise NothingBefore("nothing is deployed", "Run `vela deploy`")
    order = sorted(changes, key=lambda stack: changes[stack].changed, reverse=True)
    newest = changes[order[0]]
    if (named := began(newest.change_set)) is not None:
        return named
    beginning = newest.changed
    for later, stack in pairwise(order):
        changed = changes[stack].changed
        if STACKS.index(stack) > STACKS.index(later) or beginning - changed > ONE_DEPLOYMENT:
            break
        beginning = changed
    return beginning - timedelta(seconds=5)  # templates are stored just before their stack changes


def _of_last(change: LastChange, before: datetime) -> bool:
    return change.changed >= before


def _before(
    situation: Situation, stack: str, stored: list[Stored], before: datetime
) -> Earlier | None:
    deployed = situation.template(stack) or {}
    for one in stored:
        fits = one.stack == stack and one.stored < before and not same(one.template, deployed)
        if fits and not has_bucket_by_name_alone(one.template):
            return Earlier(stack=stack, key=one.key, template=one.template)
    return None


def read(aws: Aws, bucket: str) -> tuple[Stored, ...]:
    """Read the newest templates of the assets bucket."""
    listed = required(
        f"what the assets bucket {bucket} holds",
        known("s3:ListBucket", lambda: _listed(aws, bucket)),
    )
    newest = sorted(listed, key=lambda one: one[1], reverse=True)[:LOOKED_AT]
    with ThreadPoolExecutor(max_workers=8) as pool:
        templates = pool.map(lambda one: _template(aws, bucket, one[0]), newest)
        return tuple(
            Stored(key=key, stored=stored, template=template)
            for (key, stored), template in zip(newest, templates, strict=True)
        )


def last_changes(aws: Aws) -> Mapping[str, LastChange]:
    """Read when each stack was changed last."""
    stacks = required(
        "when the stacks were changed last",
        known("cloudformation:DescribeStacks", lambda: _described(aws)),
    )
    return {
        stack["StackName"]: LastChange(
            changed=stack.get("LastUpdatedTime", stack["CreationTime"]),
            change_set=stack.get("ChangeSetId", ""),
        )
        for stack in stacks
        if stack["StackName"] in STACKS and stack["StackStatus"] != "DELETE_COMPLETE"
    }


def _described(aws: Aws) -> "list[StackTypeDef]":
    pages = aws.cloudformation.get_paginator("describe_stacks").paginate()
    return [stack for page in pages for stack in page["Stacks"]]


def _listed(aws: Aws, bucket: str) -> list[tuple[str, datetime]]:
    pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [
        (found["Key"], found["LastModified"])
        for page in pages
        for found in page.get("Contents", [])
        if found["Key"].endswith(".json")
    ]


def _template(aws: Aws, bucket: str, key: str) -> Template:
    def got() -> bytes:
        return aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    stored = known("s3:GetObject", lambda: unless("NoSuchKey", got))
    body = required(f"the template {key} of the assets bucket", stored)
    try:
        found: Any = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
