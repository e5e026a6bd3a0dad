"""The steps that end a deployment.

Law: deletes nothing but the website's bucket, and that only when the plan says so; what is left is
found by its tag.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from vela.errors import DeployFailed, LeftBehind
from vela.ops.cdk import Progress
from vela.ops.execute.means import Means
from vela.ops.facts.unknown import Unknown
from vela.ops.plan.steps import AwaitInterfaces, EmptyBucket, FindLeftovers
from vela.ops.refusals import known, required, unless

if TYPE_CHECKING:
    from mypy_boto3_resourcegroupstaggingapi.type_defs import TagFilterTypeDef

TAG: "TagFilterTypeDef" = {"Key": "Project", "Values": ["vela"]}
TABLE = ":table/"
#: Lambda's own words for an interface of a function in a VPC.
LAMBDA_INTERFACE = "AWS Lambda VPC ENI"


def empty_bucket(means: Means, step: EmptyBucket, news: Progress) -> None:
    """Delete every version of every object, then the bucket."""
    unless("NoSuchBucket", lambda: _emptied(means, step, news))


def _emptied(means: Means, step: EmptyBucket, news: Progress) -> None:
    s3 = means.aws.s3
    gone = 0
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=step.bucket)
    for page in pages:
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        keys = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions]
        if keys:
            answer = s3.delete_objects(
                Bucket=step.bucket,
                Delete={"Objects": keys, "Quiet": True},  # type: ignore[typeddict-item]
            )
            _require_none_failed(answer.get("Errors", []))
            gone += len(keys)
            news(f"{gone} objects")
    if step.then_remove:
        s3.delete_bucket(Bucket=step.bucket)


def _require_none_failed(errors: object) -> None:
    if isinstance(errors, list) and errors:
        first = errors[0]
        raise DeployFailed(
            f"{first.get('Key')} could not be deleted: {first.get('Message')}",
            "Allow s3:DeleteObjectVersion, then run the same command: it continues",
        )


def await_interfaces(means: Means, _step: AwaitInterfaces, news: Progress) -> None:
    """Wait until Lambda has given its interfaces in Vela's network back."""

    def gone() -> bool:
        left = known("ec2:DescribeNetworkInterfaces", lambda: _interfaces(means))
        if isinstance(left, Unknown):
            return True  # deleting the stack waits for them, too, only less patiently
        news(f"{left} of Lambda's network interfaces are left")
        return not left

    if not means.wait(gone, at_most_s=means.patience.interfaces_s):
        raise LeftBehind(
            "Lambda still holds network interfaces in Vela's network",
            "It gives them back by itself; run the same command in an hour: it continues here",
        )


def _interfaces(means: Means) -> int:
    groups = means.aws.ec2.describe_security_groups(
        Filters=[{"Name": "tag:Project", "Values": ["vela"]}]
    )["SecurityGroups"]
    if not groups:
        return 0
    found = means.aws.ec2.describe_network_interfaces(
        Filters=[{"Name": "group-id", "Values": [group["GroupId"] for group in groups]}]
    )["NetworkInterfaces"]
    return sum(LAMBDA_INTERFACE in i.get("Description", "") for i in found)


def find_leftovers(means: Means, step: FindLeftovers, news: Progress) -> None:
    """Look for what still carries the tag; only what is retained by design may."""
    left: list[str] | Unknown = []

    def nothing_left() -> bool:
        nonlocal left
        left = _leftovers(means, step)
        if isinstance(left, Unknown):
            return True
        news(f"{len(left)} are left")
        return not left

    means.wait(nothing_left, at_most_s=means.patience.leftovers_s)
    if isinstance(left, Unknown):
        if left.passes:
            required("what is left", left)  # nobody has looked yet, so nobody may call it gone
        means.show.notice(f"what is left is not known: {left.reason}. {left.remedy}")
    elif left:
        raise LeftBehind(
            f"{len(left)} things with the tag Project=vela are left: {', '.join(left)}",
            "Delete them by hand if they are not yours to keep, or run the same command again",
        )


def _leftovers(means: Means, step: FindLeftovers) -> list[str] | Unknown:
    # The tagging API goes on naming tables that are gone; the service itself knows better.
    tables = known("dynamodb:ListTables", lambda: _tables(means))
    tagged = known("tag:GetResources", lambda: sorted(_tagged(means, step)))
    if isinstance(tagged, Unknown):
        return tagged
    if isinstance(tables, Unknown):
        return tables
    return [arn for arn in tagged if TABLE not in arn or arn.rpartition("/")[2] in tables]


def _tables(means: Means) -> frozenset[str]:
    pages = means.aws.dynamodb.get_paginator("list_tables").paginate()
    return frozenset(name for page in pages for name in page["TableNames"])


def _tagged(means: Means, step: FindLeftovers) -> Iterator[str]:
    pages = means.aws.tagging.get_paginator("get_resources").paginate(TagFilters=[TAG])
    for page in pages:
        for found in page["ResourceTagMappingList"]:
            tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
            if not _kept(found["ResourceARN"], tags, step):
                yield found["ResourceARN"]


def _kept(arn: str, tags: Mapping[str, str], step: FindLeftovers) -> bool:
    name = arn.rpartition(":")[2].rpartition("/")[2]
    return name in step.retained or tags.get("vela:stack") in step.stacks
