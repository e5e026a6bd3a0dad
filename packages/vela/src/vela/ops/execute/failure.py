"""Why CloudFormation failed, and what to do about it.

Law: `explain` is pure. A cause is read from an event's own fields (the validation's name and the
resource's type), never from a hook's name alone: the same hook reports quite different things.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

CANCELLED = "Resource creation cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedEvent:
    """A failed operation's event, by DescribeEvents or, on old stacks, by DescribeStackEvents."""

    logical_id: str = ""
    physical_id: str = ""
    type: str = ""
    reason: str = ""
    validation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What happened, what to do, and whether trying again soon may help."""

    what: str
    fix: str
    dns: bool = False
    busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A validation that CloudFormation makes before it deploys, by name and type (and stack)."""

    name: str
    type: str
    what: str
    fix: str
    stack: str = ""


#: Evidence: CloudFormation's user guide, "Validate stack deployments"; API_OperationEvent.
VALIDATIONS: tuple[Validation, ...] = (
    Validation(
        name="NAME_CONFLICT_VALIDATION",
        type="AWS::S3::Bucket",
        stack="CDKToolkit",  # its template makes the name by functions, so that it is not taken in
        what="CDK's assets bucket {physical} has outlived the bootstrap stack",
        fix="Delete it if nothing in it is needed (`aws s3 rb --force s3://{physical}`): it holds what "
        "deployments have uploaded, and the next one makes it anew. Then run the command again",
    ),
    Validation(
        name="NAME_CONFLICT_VALIDATION",
        type="AWS::S3::Bucket",
        what="the bucket {physical} exists, and no stack owns it",
        fix="Run `vela deploy`: it takes the bucket in with its objects if it is yours",
    ),
    Validation(
        name="NAME_CONFLICT_VALIDATION",
        type="AWS::DynamoDB::Table",
        what="the table {physical} exists, and this stack does not own it",
        fix="Run `vela deploy` with `--stage production`: a table is taken in only where "
        "it is retained; or delete the table if its data are of no use",
    ),
    Validation(
        name="NAME_CONFLICT_VALIDATION",
        type="AWS::Logs::LogGroup",
        what="the log group {physical} exists, and this stack does not own it",
        fix="Delete it (`aws logs delete-log-group`), then run the command again",
    ),
    Validation(
        name="NAME_CONFLICT_VALIDATION",
        type="",
        what="{type} {physical} exists, and this stack does not own it",
        fix="Find its owner with `aws cloudformation describe-stack-resources "
        "--physical-resource-id {physical}`; remove it there, then run the command again",
    ),
    Validation(
        name="PROPERTY_VALIDATION",
        type="",
        what="{logical} ({type}) has a property CloudFormation does not take: {reason}",
        fix="Mend the construct, then run the command again",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A reason by its words; *evidence* is where they were published."""

    pattern: str
    what: str
    fix: str
    evidence: str
    dns: bool = False
    busy: bool = False


_CLOUDFRONT = (
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
    "troubleshooting-distributions.html"
)
_REASONS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html"

TEXTS: tuple[Text, ...] = (
    Text(
        pattern=r"incorrectly configured DNS record that points to another CloudFront",
        what="DNS still leads the domain to another CloudFront distribution",
        fix="Lead the name to this distribution's CloudFrontDomain (an explicit record hides a "
        "wildcard), then run `vela deploy` again",
        evidence=_CLOUDFRONT,
        dns=True,
    ),
    Text(
        pattern=r"CNAMEs you provided are already associated with a different resource",
        what="another CloudFront distribution has the domain as its alternate name",
        fix="Take it off there first (`vela doctor` shows which it is), then run `vela deploy` again",
        evidence=_CLOUDFRONT,
    ),
    Text(
        pattern=r"is in (?P<a>\w+_IN_PROGRESS) state and can ?not be",
        what="somebody else is changing the stack ({a})",
        fix="Wait until that has finished, then run the command again",
        evidence=_REASONS,
        busy=True,
    ),
    Text(
        pattern=r"ExpiredToken|security token included in the request is expired|token has expired",
        what="the AWS credentials have expired",
        fix="Sign in again, then run the same command: it continues where it stopped",
        evidence="https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html",
    ),
    Text(
        pattern=r"Bucket named '(?P<a>[^']+)' exists, but we dont have access",
        what="the assets bucket {a} may not be read by whom deploys",
        fix="Allow s3:GetBucketLocation and s3:ListBucket on it, then run the same command: it "
        "continues where it stopped",
        evidence="https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/"
        "cdk-assets-lib/lib/private/handlers/files.ts",
    ),
    Text(
        pattern=r"ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|socket hang up",
        what="AWS could not be reached",
        fix="Check the network and the proxy, then run the same command: it continues where it "
        "stopped",
        evidence="https://nodejs.org/api/errors.html#common-system-errors",
    ),
    Text(
        pattern=r"Rate exceeded|Throttling|Too ?Many ?Requests",
        what="AWS has throttled the calls",
        fix="Wait a minute, then run the same command: it continues where it stopped",
        evidence=_REASONS,
    ),
    Text(
        pattern=r"not authorized to perform: (?P<a>[\w:*-]+)",
        what="{a} is not allowed to whom deploys",
        fix="Allow {a} to it, then run the same command: it continues where it stopped",
        evidence="https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
    ),
    Text(
        pattern=r"Export (?P<a>\S+) cannot be (?:updated|deleted) as it is in use by (?P<b>\S+)",
        what="{b} uses what {a} names, so CloudFormation does not change it",
        fix="Deploy the stack that uses it without it first, then run the command again",
        evidence=_REASONS,
    ),
    Text(
        pattern=r"must have the DeletionPolicy attribute set to 'Retain'",
        what="a resource that exists is not retained by its template, so it cannot be taken in",
        fix="Give it the removal policy RETAIN_ON_UPDATE_OR_DELETE, then run the command again",
        evidence="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "import-resources-automatically.html",
    ),
    Text(
        pattern=r"[Bb]ucket policy already exists",
        what="the bucket has a policy that no stack owns",
        fix="Remove it (`aws s3api delete-bucket-policy`); the deployment writes its own",
        evidence="https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1068",
    ),
    Text(
        pattern=r"deletionProtection|[Dd]eletion protection",
        what="a protected resource refuses its deletion",
        fix="Run `vela destroy --including-data` if its data may go",
        evidence="https://docs.aws.amazon.com/aurora-dsql/latest/APIReference/API_DeleteCluster.html",
    ),
    Text(
        pattern=r"InvalidViewerCertificate|specified SSL certificate doesn't exist",
        what="CloudFront does not take the certificate",
        fix="It must be issued, in us-east-1, and cover the domain: `vela doctor` looks",
        evidence=_CLOUDFRONT,
    ),
    Text(
        pattern=r"is ?n[o']t bootstrapped|/cdk-bootstrap/|bootstrap stack version",
        what="the account is not bootstrapped for CDK, or by a version too old",
        fix="Run `vela deploy` again: it bootstraps the account",
        evidence="https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html",
    ),
    Text(
        pattern=r"LimitExceeded|ServiceQuotaExceeded|maximum number of",
        what="a quota of the account is reached",
        fix="Ask for more (Service Quotas) or delete what is not used, then run the command again",
        evidence=_REASONS,
    ),
)


def explain(stack: str, events: Iterable[FailedEvent], said: str) -> Explanation:
    """Tell the cause of a failed operation on *stack*; *said* is what the CDK CLI reported."""
    first = next((e for e in events if e.reason and CANCELLED not in e.reason), None)
    # What the CLI itself was refused comes before events: those may be of an earlier operation.
    if told := (first and _validation(stack, first)) or _text(said):
        return told
    if first is not None:
        return _text(first.reason) or _plain(stack, first)
    return Explanation(
        what=f"{stack} was not deployed: {said}",
        fix="Mend the cause, then run the same command: it continues where it stopped",
    )


def _validation(stack: str, event: FailedEvent) -> Explanation | None:
    for row in VALIDATIONS:
        of = row.name == event.validation and row.type in {"", event.type}
        if of and row.stack in {"", stack}:
            values = {
                "physical": event.physical_id or event.logical_id,
                "logical": event.logical_id,
                "type": event.type,
                "reason": event.reason,
            }
            return Explanation(what=row.what.format(**values), fix=row.fix.format(**values))
    return None


def _text(said: str) -> Explanation | None:
    for row in TEXTS:
        if found := re.search(row.pattern, said):
            values = found.groupdict()
            return Explanation(
                what=row.what.format(**values),
                fix=row.fix.format(**values),
                dns=row.dns,
                busy=row.busy,
            )
    return None


def _plain(stack: str, event: FailedEvent) -> Explanation:
    return Explanation(
        what=f"{event.logical_id} ({event.type}) of {stack} failed: {event.reason}",
        fix="Mend the cause, then run the same command: it continues where it stopped",
    )


def failed_events(
    cloudformation: "CloudFormationClient", stack: str, *, change_set: str | None
) -> tuple[FailedEvent, ...]:
    """Read a stack's last failed events, the newest operation's; nothing where that is denied."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    for read in (_operation_events, _stack_events):
        try:
            if events := read(cloudformation, stack, change_set):
                return events
        except (BotoCoreError, ClientError):
            continue  # what the CDK CLI said is then all there is
    return ()


def _operation_events(
    cloudformation: "CloudFormationClient", stack: str, change_set: str | None
) -> tuple[FailedEvent, ...]:
    # The change set narrows it to this very attempt.
    named = {"ChangeSetName": change_set} if change_set else {}
    told = cloudformation.describe_events(StackName=stack, Filters={"FailedEvents": True}, **named)
    return tuple(
        FailedEvent(
            logical_id=event.get("LogicalResourceId", ""),
            physical_id=event.get("PhysicalResourceId", ""),
            type=event.get("ResourceType", ""),
            reason=event.get("ValidationStatusReason") or event.get("ResourceStatusReason", ""),
            validation=event.get("ValidationName", ""),
        )
        for event in told["OperationEvents"]
    )


def _stack_events(
    cloudformation: "CloudFormationClient", stack: str, _change_set: str | None
) -> tuple[FailedEvent, ...]:
    told = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed: list[FailedEvent] = []
    for event in told:  # the newest first
        if event.get("ResourceStatus", "").endswith("_FAILED"):
            failed.append(_failed(event))
        if _begins(event, stack):
            break
    return tuple(reversed(failed))


def _failed(event: Mapping[str, object]) -> FailedEvent:
    return FailedEvent(
        logical_id=str(event.get("LogicalResourceId", "")),
        physical_id=str(event.get("PhysicalResourceId", "")),
        type=str(event.get("ResourceType", "")),
        reason=str(event.get("ResourceStatusReason", "")),
    )


def _begins(event: Mapping[str, object], stack: str) -> bool:
    """Tell whether an operation began with this event."""
    starts = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}
    return event.get("LogicalResourceId") == stack and event.get("ResourceStatus") in starts
