"""The states of an account, each with what doctor, deploy and destroy are to make of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from e2e.accounts import DOMAIN, Account

OTHER = "d999999abcdef8.cloudfront.net"
STRANGER = "210987654321"
LONG_AGO = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state.

    Attributes:
        name: As a sentence.
        set: Brings an account into it for a block, and out of it again; gives what to look with.
        finds: What the doctor says of it, beside what it says of the account anyway.
        deploy: `goes`, `blocked` or `impossible`.
        destroy: The same.
        first: The kinds of step that clear the way of a deployment.
        me: Who looks; by default whoever is at work is this machine, by its lock.

    """

    name: str
    set: Callable[[Account], AbstractContextManager[Mapping[str, Any] | None]]
    finds: frozenset[str]
    deploy: str = "goes"
    destroy: str = "goes"
    first: tuple[str, ...] = ()
    me: str | None = None


def state(name: str, set_: Any, *finds: str, **more: Any) -> State:
    return State(name=name, set=set_, finds=frozenset(finds), **more)


def stuck(stack: str, status: str, finds: str, **more: Any) -> State:
    def set_(account: Account) -> AbstractContextManager[None]:
        return account.stack(stack, status)

    return state(f"{stack} is in {status}", set_, finds, **more)


@contextmanager
def bucket(account: Account, *, keys: tuple[str, ...] = ()) -> Iterator[None]:
    s3 = account.client("s3")
    s3.create_bucket(Bucket=account.bucket)
    for key in keys:
        s3.put_object(Bucket=account.bucket, Key=key, Body=b"kept")
    try:
        yield
        held = s3.list_objects_v2(Bucket=account.bucket).get("Contents", [])
        assert tuple(sorted(o["Key"] for o in held)) == keys
    finally:
        for key in keys:
            s3.delete_object(Bucket=account.bucket, Key=key)
        s3.delete_bucket(Bucket=account.bucket)


@contextmanager
def bucket_elsewhere(account: Account) -> Iterator[None]:
    where = {"LocationConstraint": "eu-west-1"}
    s3 = account.client("s3")
    s3.create_bucket(Bucket=account.bucket, CreateBucketConfiguration=where)
    try:
        yield
    finally:
        s3.delete_bucket(Bucket=account.bucket)


TABLE = {
    "TableName": "vela-profiles",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "user_id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "user_id", "KeyType": "HASH"}],
}


@contextmanager
def table(account: Account) -> Iterator[None]:
    dynamodb = account.client("dynamodb")
    dynamodb.create_table(**TABLE)
    try:
        yield
    finally:
        dynamodb.delete_table(TableName=TABLE["TableName"])


@contextmanager
def cluster(account: Account, *, limit: int = 20, **tags: str) -> Iterator[None]:
    dsql = account.client("dsql")
    made = dsql.create_cluster(deletionProtectionEnabled=False, tags=tags)
    account.switch("PUT", "/quotas/clusters", {"limit": limit})
    try:
        yield
    finally:
        account.switch("PUT", "/quotas/clusters", {"limit": 20})
        dsql.delete_cluster(identifier=made["identifier"])


@contextmanager
def certified(
    account: Account, *names: str, status: str | None = None, not_after: int | None = None
) -> Iterator[Mapping[str, Any]]:
    """A certificate for the domain, or for *names*."""
    acm = account.client("acm")
    first, *others = names or (DOMAIN,)
    options = {"SubjectAlternativeNames": others} if others else {}
    arn = acm.request_certificate(DomainName=first, ValidationMethod="DNS", **options)
    arn = arn["CertificateArn"]
    changes = {"status": status, "not_after": not_after}
    if told := {name: value for name, value in changes.items() if value is not None}:
        account.switch("PUT", f"/certificates/{account.quoted(arn)}", told)
    try:
        yield {"domain": DOMAIN, "certificate": arn}
    finally:
        acm.delete_certificate(CertificateArn=arn)


@contextmanager
def dns(account: Account, name: str, kind: str, *values: str) -> Iterator[Mapping[str, Any]]:
    with (
        certified(account) as told,
        account.switched(f"/dns/{name}", {"type": kind, "values": list(values)}),
    ):
        yield told


@contextmanager
def stranger(account: Account) -> Iterator[Mapping[str, Any]]:
    document = {"account": STRANGER, "distribution": "E1STRANGER0001"}
    with certified(account) as told, account.switched(f"/aliases/{DOMAIN}", document):
        yield told


@contextmanager
def without_certificate(account: Account) -> Iterator[Mapping[str, Any]]:
    arn = f"arn:aws:acm:us-east-1:{account.running.account_id}:certificate/0a1b"
    yield {"domain": DOMAIN, "certificate": arn}


@contextmanager
def elsewhere_certified(account: Account) -> Iterator[Mapping[str, Any]]:
    arn = f"arn:aws:acm:eu-west-1:{account.running.account_id}:certificate/0a1b"
    yield {"domain": DOMAIN, "certificate": arn}


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@contextmanager
def visitor(account: Account, *, denied: str) -> Iterator[Mapping[str, Any]]:
    """A principal that may everything but one thing."""
    iam, name = account.client("iam"), "visitor"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    may = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    not_ = {"Effect": "Deny", "Action": denied, "Resource": "*"}
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(may, not_))
    try:
        yield {
            "credentials": {
                "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            }
        }
    finally:
        iam.delete_user_policy(UserName=name, PolicyName="own")
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)


def denied(action: str, *finds: str, **more: Any) -> State:
    return state(f"{action} is denied", partial(visitor, denied=action), *finds, **more)


@contextmanager
def unknown_key(_account: Account) -> Iterator[Mapping[str, Any]]:
    yield {"credentials": {"AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSTHIS0"}}


@contextmanager
def ended_session(account: Account) -> Iterator[Mapping[str, Any]]:
    session = account.client("sts").get_session_token()["Credentials"]
    account.switch("PUT", f"/sessions/{session['AccessKeyId']}", {"expires_at": LONG_AGO})
    yield {
        "credentials": {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        }
    }


def throttled(action: str, times: int, *finds: str, **more: Any) -> State:
    @contextmanager
    def set_(account: Account) -> Iterator[Mapping[str, Any]]:
        with account.switched(f"/throttles/{action}", {"times": times}):
            yield {"anew": True}  # a client that was throttled stays slow for a while

    return state(f"{action} is throttled {times} times", set_, *finds, **more)


def other_stack(resource: Mapping[str, Any]) -> Callable[[Account], AbstractContextManager[None]]:
    return lambda account: account.other_stack({"Taken": resource})


BUSY = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")

#: Of an account to which nothing is deployed.
VACANT = (
    state("nothing is there", lambda _account: nullcontext()),
    state("a bucket is left", bucket, "name-orphaned"),
    state(
        "a bucket is left with objects",
        partial(bucket, keys=("a.html", "deep/b.bin")),
        "name-orphaned",
    ),
    state(
        "another account has the bucket",
        lambda a: a.switched(f"/buckets/{a.bucket}", {"account": STRANGER}),
        "bucket-of-other-account",
        deploy="blocked",
    ),
    state(
        "the bucket is in another Region",
        bucket_elsewhere,
        "bucket-in-other-region",
        deploy="blocked",
    ),
    state("a table is left", table, "name-unadoptable", deploy="blocked"),
    state(
        "another stack has a table",
        other_stack({"Type": "AWS::DynamoDB::Table", "Properties": TABLE}),
        "name-owned",
        deploy="blocked",
    ),
    state("a cluster is left", partial(cluster, Project="vela"), "cluster-orphaned"),
    state("no more clusters", partial(cluster, limit=1), "cluster-quota-full", deploy="blocked"),
    *(
        stuck(stack, status, finds, first=("RemoveEmptyStack",))
        for stack in ("DatabaseStack", "VelaStack")
        for status, finds in (
            ("REVIEW_IN_PROGRESS", "stack-review-in-progress"),
            ("ROLLBACK_COMPLETE", "stack-rollback-complete"),
        )
    ),
    *(
        stuck("ApiStack", status, finds, first=("DestroyStack",))
        for status, finds in (
            ("ROLLBACK_FAILED", "stack-rollback-failed"),
            ("CREATE_FAILED", "stack-create-failed"),
            ("DELETE_FAILED", "stack-delete-failed"),
        )
    ),
    stuck("ApiStack", "CREATE_IN_PROGRESS", "stack-busy", first=("AwaitStack",)),
    state(
        "the domain's certificate does not exist",
        without_certificate,
        *("certificate-absent", "dns-without-record"),
        deploy="blocked",
    ),
    state(
        "the domain's certificate is of another Region",
        elsewhere_certified,
        *("certificate-in-other-region", "dns-without-record"),
        deploy="blocked",
    ),
    state(
        "the domain's certificate is not issued",
        partial(certified, status="PENDING_VALIDATION"),
        *("certificate-not-issued", "dns-without-record"),
        deploy="blocked",
    ),
    state(
        "the domain's certificate has ended",
        partial(certified, not_after=LONG_AGO + 1),
        *("certificate-expired", "dns-without-record"),
        deploy="blocked",
    ),
    state(
        "the domain's certificate is for another name",
        lambda a: certified(a, "example.org"),
        *("certificate-wrong-name", "dns-without-record"),
        deploy="blocked",
    ),
    state("the domain has no record", certified, "dns-without-record"),
    state(
        "the domain leads to another distribution",
        lambda a: dns(a, DOMAIN, "CNAME", OTHER),
        "dns-leads-to-other-distribution",
    ),
    state(
        "a wildcard leads the domain to another distribution",
        lambda a: dns(a, "*.example.com", "CNAME", OTHER),
        "dns-wildcard-leads-to-other-distribution",
    ),
    state(
        "the domain leads to a server of one's own",
        lambda a: dns(a, DOMAIN, "A", "192.0.2.1"),
        "dns-leads-elsewhere",
    ),
    state("another account's distribution has the domain", stranger, "dns-without-record"),
    denied("s3:ListBucket"),
    denied("s3:ListAllMyBuckets"),
    denied("dynamodb:ListTables", "fact-denied"),
    denied("ssm:GetParameter"),
)

#: Of an account to which all is deployed.
DEPLOYED = (
    state("all is as it is to be", lambda _account: nullcontext()),
    *(
        stuck(
            stack,
            "UPDATE_ROLLBACK_FAILED",
            "stack-update-rollback-failed",
            first=("ContinueRollback",),
        )
        for stack in ("DatabaseStack", "ApiStack", "VelaStack")
    ),
    stuck("ApiStack", "UPDATE_FAILED", "stack-update-failed", first=("ContinueRollback",)),
    stuck(
        "VelaStack",
        "IMPORT_ROLLBACK_FAILED",
        "stack-import-rollback-failed",
        first=("ContinueRollback",),
    ),
    stuck("ApiStack", "DELETE_FAILED", "stack-delete-failed", first=("DestroyStack",)),
    stuck("VelaStack", "DELETE_FAILED", "stack-delete-failed", first=("DestroyStack",)),
    stuck(
        "DatabaseStack",
        "DELETE_FAILED",
        "stack-delete-failed",
        first=("DestroyStack",),
        deploy="blocked",
    ),
    *(stuck("VelaStack", status, "stack-busy", first=("AwaitStack",)) for status in BUSY),
    *(
        stuck(
            "ApiStack",
            status,
            "stack-busy",
            first=("AwaitStack",),
            me="somebody-else",
            deploy="blocked",
            destroy="blocked",
        )
        for status in (*BUSY, "UPDATE_ROLLBACK_IN_PROGRESS")
    ),
    denied(
        "cloudformation:DescribeStacks", "fact-denied", deploy="impossible", destroy="impossible"
    ),
    denied(
        "cloudformation:ListStackResources",
        "fact-denied",
        deploy="impossible",
        destroy="impossible",
    ),
    denied("cloudformation:GetTemplate", deploy="impossible", destroy="impossible"),
    denied("dsql:ListClusters", "fact-denied"),
    denied("dsql:GetCluster", "fact-denied"),
    denied("servicequotas:ListServiceQuotas"),
    denied("iam:SimulatePrincipalPolicy", "fact-denied"),
    state(
        "nobody knows the key",
        unknown_key,
        "credentials-denied",
        deploy="impossible",
        destroy="impossible",
    ),
    state(
        "the session has ended",
        ended_session,
        "credentials-expired",
        deploy="impossible",
        destroy="impossible",
    ),
    throttled("cloudformation:DescribeStacks", 1),
    throttled(
        "cloudformation:DescribeStacks",
        50,
        "fact-throttled",
        deploy="impossible",
        destroy="impossible",
    ),
    throttled("dsql:ListClusters", 50, "fact-throttled"),
)
