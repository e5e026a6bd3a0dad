"""Resources with a fixed name, which an earlier deployment or somebody else may have left.

Law: a name is looked up by read-only calls; a name that a Vela
stack already owns is not asked about.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from vela.ops.account import REGION
from vela.ops.aws import Aws
from vela.ops.facts.planned import Planned
from vela.ops.facts.stacks import Stacks
from vela.ops.facts.threads import each
from vela.ops.facts.unknown import Unknown
from vela.ops.refusals import error_code, known, unless


class Kind(StrEnum):
    """The kinds of resource that Vela's templates give a literal name."""

    BUCKET = "bucket"
    TABLE = "table"
    LOG_GROUP = "log-group"
    FUNCTION = "function"


class Holding(StrEnum):
    """Who holds a name."""

    ABSENT = "absent"
    ORPHANED = "orphaned"
    OWNED = "owned"
    OTHER_REGION = "other-region"
    OTHER_ACCOUNT = "other-account"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedFact:
    """One fixed name of the planned templates.

    Attributes:
        kind: What it names.
        name: The literal name.
        state: Who holds it, or why that is not known.
        logical_id: In the planned template.
        stack: That would own it.
        owner: The stack that owns it now; only when ``OWNED``.
        region: Where it is; only when ``OTHER_REGION``.
        adoptable: Whether the planned template lets CloudFormation take it in (its DeletionPolicy).
        objects: How many objects a bucket holds (at most 1,000 are counted), None if not counted.
        protected: Whether a table refuses deletion now.

    """

    kind: Kind
    name: str
    state: Holding | Unknown
    logical_id: str
    stack: str
    owner: str | None = None
    region: str | None = None
    adoptable: bool = False
    objects: int | None = None
    protected: bool = False

    @property
    def in_its_place(self) -> bool:
        """Whether the stack that wants the name already has it."""
        return self.state is Holding.OWNED and self.owner == self.stack


#: Which property of which type is the literal name.
NAMED: Mapping[str, tuple[Kind, str]] = {
    "AWS::S3::Bucket": (Kind.BUCKET, "BucketName"),
    "AWS::DynamoDB::Table": (Kind.TABLE, "TableName"),
    "AWS::Logs::LogGroup": (Kind.LOG_GROUP, "LogGroupName"),
    "AWS::Lambda::Function": (Kind.FUNCTION, "FunctionName"),
}
#: With any other policy CloudFormation refuses to take an existing resource in.
ADOPTABLE = frozenset({"Retain", "RetainExceptOnCreate"})
#: What a deleted stack says of a resource it no longer has.
LEFT = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})


def wanted(planned: Planned) -> Iterator[RetainedFact]:
    """Give every literal name of the planned templates, as if it were free."""
    for type_, (kind, property_) in NAMED.items():
        for stack, logical_id, resource in planned.resources(type_):
            if isinstance(name := resource.get("Properties", {}).get(property_), str):
                yield RetainedFact(
                    kind=kind,
                    name=name,
                    state=Holding.ABSENT,
                    logical_id=logical_id,
                    stack=stack,
                    adoptable=resource.get("DeletionPolicy") in ADOPTABLE,
                )


def gather(aws: Aws, planned: Planned, stacks: Stacks) -> tuple[RetainedFact, ...]:
    """Find out who holds each name."""
    own = {r.physical_id: stack.name for stack in stacks.values() for r in stack.resources.values()}
    facts = tuple(wanted(planned))
    unowned = [fact for fact in facts if fact.name not in own]
    tables = _tables(aws) if any(fact.kind is Kind.TABLE for fact in unowned) else frozenset()

    def settle(fact: RetainedFact) -> RetainedFact:
        if owner := own.get(fact.name):
            return replace(fact, state=Holding.OWNED, owner=owner)
        return _found(aws, fact, tables)

    return each(settle, facts)


def _found(aws: Aws, fact: RetainedFact, tables: frozenset[str] | Unknown) -> RetainedFact:
    match fact.kind:
        case Kind.BUCKET:
            return _bucket(aws, fact)
        case Kind.TABLE:
            return _table(aws, fact, tables)
        case Kind.LOG_GROUP:
            return _existing(
                aws, fact, "logs:DescribeLogGroups", lambda: _has_group(aws, fact.name)
            )
        case Kind.FUNCTION:
            return _existing(
                aws, fact, "lambda:GetFunctionConfiguration", lambda: _has_function(aws, fact.name)
            )


def _existing(aws: Aws, fact: RetainedFact, action: str, ask: Callable[[], bool]) -> RetainedFact:
    """Settle a name that only this account can hold."""
    exists = known(action, ask)
    if isinstance(exists, Unknown):
        return replace(fact, state=exists)
    return _with_owner(aws, fact) if exists else fact


def _with_owner(aws: Aws, fact: RetainedFact) -> RetainedFact:
    owner = known("cloudformation:DescribeStackResources", lambda: _owner(aws, fact.name))
    if isinstance(owner, Unknown):
        return replace(fact, state=owner)
    state = Holding.OWNED if owner else Holding.ORPHANED
    return replace(fact, state=state, owner=owner)


def _owner(aws: Aws, physical_id: str) -> str | None:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 is slow to import

    try:
        told = aws.cloudformation.describe_stack_resources(PhysicalResourceId=physical_id)
    except ClientError as error:
        if error_code(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    # A deleted stack is spoken of for 90 days, with what it left behind.
    return next(
        (
            resource["StackName"]
            for resource in told["StackResources"]
            if resource.get("PhysicalResourceId") == physical_id
            and resource["ResourceStatus"] not in LEFT
            and "StackName" in resource
        ),
        None,
    )


def _bucket(aws: Aws, fact: RetainedFact) -> RetainedFact:
    """Settle a bucket: its name is one of all accounts' and Regions'."""
    seen = known("s3:ListBucket", lambda: _head(aws, fact.name))
    if isinstance(seen, Unknown):
        return replace(fact, state=seen)
    exists, region = seen
    if not exists:
        return fact
    ours = known("s3:ListAllMyBuckets", lambda: _is_ours(aws, fact.name))
    if isinstance(ours, Unknown):
        return replace(fact, state=ours)
    if not ours:
        return replace(fact, state=Holding.OTHER_ACCOUNT, region=region)
    if region not in {None, REGION}:
        return replace(fact, state=Holding.OTHER_REGION, region=region)
    counted = known("s3:ListBucket", lambda: _objects(aws, fact.name))
    objects = None if isinstance(counted, Unknown) else counted
    return _with_owner(aws, replace(fact, objects=objects))


def _head(aws: Aws, name: str) -> tuple[bool, str | None]:
    """Tell whether the bucket exists, in anybody's account, and in which Region."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        return True, aws.s3.head_bucket(Bucket=name).get("BucketRegion")
    except ClientError as error:
        told: Mapping[str, Any] = error.response["ResponseMetadata"]
        match told.get("HTTPStatusCode"):
            case 404:
                return False, None
            case 301 | 400 | 403:  # somebody has it; which Region, the header says
                return True, told.get("HTTPHeaders", {}).get("x-amz-bucket-region")
            case _:
                raise


def _is_ours(aws: Aws, name: str) -> bool:
    pages = aws.s3.get_paginator("list_buckets").paginate(Prefix=name)
    return any(bucket["Name"] == name for page in pages for bucket in page.get("Buckets", []))


def _objects(aws: Aws, name: str) -> int:
    return len(aws.s3.list_objects_v2(Bucket=name, MaxKeys=1000).get("Contents", ()))


def _tables(aws: Aws) -> frozenset[str] | Unknown:
    def names() -> frozenset[str]:
        pages = aws.dynamodb.get_paginator("list_tables").paginate()
        return frozenset(name for page in pages for name in page["TableNames"])

    return known("dynamodb:ListTables", names)


def _table(aws: Aws, fact: RetainedFact, tables: frozenset[str] | Unknown) -> RetainedFact:
    if isinstance(tables, Unknown):
        return replace(fact, state=tables)
    if fact.name not in tables:
        return fact
    protected = known("dynamodb:DescribeTable", lambda: _protected(aws, fact.name))
    if isinstance(protected, Unknown):
        return replace(fact, state=protected)
    return _with_owner(aws, replace(fact, protected=protected))


def _protected(aws: Aws, name: str) -> bool:
    return aws.dynamodb.describe_table(TableName=name)["Table"].get(
        "DeletionProtectionEnabled", False
    )


def _has_group(aws: Aws, name: str) -> bool:
    pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    return any(g.get("logGroupName") == name for page in pages for g in page["logGroups"])


def _has_function(aws: Aws, name: str) -> bool:
    found = unless(
        "ResourceNotFoundException",
        lambda: aws.functions.get_function_configuration(FunctionName=name),
    )
    return found is not None
