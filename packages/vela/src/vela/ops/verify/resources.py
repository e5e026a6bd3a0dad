"""The cluster, the bucket, the alarms, and that no other relational database is there.

Law: `gather` asks, each once; the checks are pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vela.ops.aws import Aws
from vela.ops.facts.stacks import Stacks
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.refusals import known, unless
from vela.ops.verify.report import Check, Subject

CLUSTER = Subject("cluster-active", "The Aurora DSQL cluster is ACTIVE")
BUCKET = Subject("bucket-private", "The website's bucket is not public")
RELATIONAL = Subject("one-relational-database", "No relational database but the cluster")
ALARMS = Subject("alarms-ok", "Every alarm is OK")

#: Beginnings of the types, and services of the ARNs, of AWS's other relational databases; Neptune and
#: DocumentDB live under rds, too.
OTHER_TYPES = ("AWS::RDS::", "AWS::Redshift", "AWS::Neptune::", "AWS::DocDB")
OTHER_SERVICES = frozenset({"rds", "redshift", "redshift-serverless"})
DSQL, S3 = "AWS::DSQL::Cluster", "AWS::S3::Bucket"
ALARM_TYPES = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What keeps a bucket from the public.

    Attributes:
        bucket: Its name.
        blocks: The four settings of its public access block.
        public_policy: Whether its policy lets everybody in.

    """

    bucket: str
    blocks: Mapping[str, bool]
    public_policy: bool


def cluster_status(aws: Aws, stacks: Stacks) -> str | Unknown:
    """Read the cluster's status."""
    ids = stacks["DatabaseStack"].physical(DSQL)
    if not ids:
        return "not in DatabaseStack"
    return known("dsql:GetCluster", lambda: aws.dsql.get_cluster(identifier=ids[0])["status"])


def privacy(aws: Aws, stacks: Stacks) -> Privacy | Unknown:
    """Read what keeps the bucket private."""
    bucket = next(iter(stacks["VelaStack"].physical(S3)), "")
    blocks = known("s3:GetBucketPublicAccessBlock", lambda: _blocks(aws, bucket))
    if isinstance(blocks, Unknown):
        return blocks
    public = known("s3:GetBucketPolicyStatus", lambda: _is_public(aws, bucket))
    if isinstance(public, Unknown):
        return public
    return Privacy(bucket=bucket, blocks=blocks, public_policy=public)


def tagged(aws: Aws) -> tuple[str, ...] | Unknown:
    """List the ARNs of whatever has the platform's tag."""

    def arns() -> Iterator[str]:
        filters = [{"Key": "Project", "Values": ["vela"]}]
        pages = aws.tagging.get_paginator("get_resources").paginate(TagFilters=filters)  # type: ignore[arg-type]  # a plain dict is one
        for page in pages:
            yield from (found["ResourceARN"] for found in page["ResourceTagMappingList"])

    return known("tag:GetResources", lambda: tuple(arns()))


def alarm_states(aws: Aws, stacks: Stacks) -> Mapping[str, str] | Unknown:
    """Read the state of every alarm that the stacks have."""
    names = [name for stack in stacks.values() for t in ALARM_TYPES for name in stack.physical(t)]
    if not names:
        return {}
    return known("cloudwatch:DescribeAlarms", lambda: dict(_states(aws, names)))


def cluster_active(status: str | Unknown) -> Check:
    """Judge the cluster."""
    if isinstance(status, Unknown):
        return CLUSTER.unknown(status)
    return CLUSTER.judged([] if status == "ACTIVE" else [f"it is {status}"], status)


def bucket_private(found: Privacy | Unknown) -> Check:
    """Judge the bucket."""
    if isinstance(found, Unknown):
        return BUCKET.unknown(found)
    wrong = [f"{name} is off" for name, on in found.blocks.items() if not on]
    wrong += ["its policy lets everybody in"] if found.public_policy else []
    return BUCKET.judged(wrong, f"{found.bucket}: {len(found.blocks)} blocks, no public policy")


def one_relational_database(stacks: Stacks, arns: tuple[str, ...] | Unknown) -> Check:
    """Judge the stacks' resources, and what carries the platform's tag."""
    types = [r.type for stack in stacks.values() for r in stack.resources.values()]
    clusters = types.count(DSQL)
    wrong = [f"the stacks have a {type_}" for type_ in types if type_.startswith(OTHER_TYPES)]
    wrong += [] if clusters == 1 else [f"the stacks have {clusters} clusters"]
    if isinstance(arns, Unknown):
        if arns.passes and not wrong:
            return RELATIONAL.unknown(arns)
        seen = f"{len(types)} resources of the stacks; what is tagged is not known: {arns.reason}"
        return RELATIONAL.judged(wrong, seen) if wrong else RELATIONAL.passed(seen, arns.remedy)
    wrong += [
        f"{arn} has the platform's tag" for arn in arns if arn.split(":")[2] in OTHER_SERVICES
    ]
    return RELATIONAL.judged(wrong, f"{len(types)} resources of the stacks, {len(arns)} tagged")


def alarms_ok(states: Mapping[str, str] | Unknown) -> Check:
    """Judge the alarms; one without data says nothing yet, be it good or bad."""
    if isinstance(states, Unknown):
        return ALARMS.unknown(states)
    if not states:
        return ALARMS.not_applicable("no alarm is deployed")
    wrong = [f"{name} is in {state}" for name, state in states.items() if state == "ALARM"]
    waiting = [name for name, state in states.items() if state == "INSUFFICIENT_DATA"]
    if waiting and not wrong:
        why = f"{', '.join(waiting)} without data, of {len(states)} alarms"
        fix = "Look again once there are data: `aws cloudwatch describe-alarms` tells why there are none"
        return ALARMS.unknown(Unknown(reason=why, action=fix, cause=Cause.OURS))
    return ALARMS.judged(wrong, f"{len(states)} alarms")


def _blocks(aws: Aws, bucket: str) -> Mapping[str, bool]:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    told = unless(
        "NoSuchPublicAccessBlockConfiguration",
        lambda: aws.s3.get_public_access_block(Bucket=bucket),
    )
    found: Mapping[str, object] = {**told["PublicAccessBlockConfiguration"]} if told else {}
    return {name: found.get(name) is True for name in names}


def _is_public(aws: Aws, bucket: str) -> bool:
    told = unless("NoSuchBucketPolicy", lambda: aws.s3.get_bucket_policy_status(Bucket=bucket))
    return told is not None and told["PolicyStatus"]["IsPublic"] is True


def _states(aws: Aws, names: list[str]) -> Iterator[tuple[str, str]]:
    pages = aws.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    for page in pages:
        yield from ((a["AlarmName"], a["StateValue"]) for a in page["MetricAlarms"])
        yield from ((a["AlarmName"], a["StateValue"]) for a in page["CompositeAlarms"])
