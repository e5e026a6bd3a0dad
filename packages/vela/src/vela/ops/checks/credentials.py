"""Who deploys, and into which account.

Law: pure.
"""

from collections.abc import Iterator
from datetime import timedelta

from vela.ops.checks.check import Check, Find, Subject, Told
from vela.ops.facts.facts import Facts
from vela.ops.facts.identity import CredentialsError
from vela.ops.facts.unknown import Cause
from vela.ops.findings import Severity

#: A first deployment takes CloudFront and the endpoints a good quarter of an hour.
NEEDED = timedelta(minutes=30)


def refused(error: CredentialsError, what: str, fix: str) -> Find:
    """Find one way in which AWS does not know the caller."""

    def find(facts: Facts) -> Iterator[Told]:
        if facts.identity.error is error:
            detail = f": {facts.identity.detail}" if facts.identity.detail else ""
            yield Told(f"{what}{detail}", fix)

    return find


def unasked(facts: Facts) -> Iterator[Told]:
    """Find that AWS could not be asked, for whatever reason."""
    identity = facts.identity
    if identity.error is CredentialsError.UNREACHABLE:
        what = f"AWS could not be asked whose the credentials are: {identity.detail}"
        yield Told(what, _UNASKED.get(identity.cause, UNREACHED))


UNREACHED = "Check the network, the proxy and AWS_ENDPOINT_URL; locally: `make up`"
_UNASKED = {
    Cause.THROTTLED: "Run it again in a minute",
    Cause.DENIED: "Allow `sts:GetCallerIdentity`: a policy of the organization or of a VPC "
    "endpoint denies it",
}


def other_account(facts: Facts) -> Iterator[Told]:
    """Find credentials of another account than the one asked for."""
    identity = facts.identity
    if identity.account and identity.expected and identity.account != identity.expected:
        yield Told(
            f"the credentials are of account {identity.account}, "
            f"but CDK_DEFAULT_ACCOUNT is {identity.expected}",
            "Choose the profile of the right account (AWS_PROFILE), or unset CDK_DEFAULT_ACCOUNT",
        )


def expiring(facts: Facts) -> Iterator[Told]:
    """Find credentials that end before a deployment may be over."""
    if (ends := facts.identity.expires) and ends - facts.now < NEEDED:
        minutes = max(0, int((ends - facts.now).total_seconds() // 60))
        yield Told(
            f"the credentials end in {minutes} minutes",
            "Sign in anew first (`aws sso login`, or whatever gave you these)",
        )


def _blocked(id_: str, *, when: str, find: Find) -> Check:
    return Check(
        id=id_,
        subject=Subject.CREDENTIALS,
        severity=Severity.BLOCKED,
        when=when,
        why="Without knowing who calls nothing else can be asked or deployed",
        find=find,
    )


CHECKS = (
    _blocked(
        "credentials-absent",
        when="no credentials are found",
        find=refused(
            CredentialsError.ABSENT,
            "no AWS credentials are found",
            "Run `aws configure sso` or `aws login`, or set AWS_PROFILE",
        ),
    ),
    _blocked(
        "credentials-expired",
        when="the credentials have ended",
        find=refused(
            CredentialsError.EXPIRED,
            "the AWS credentials have expired",
            "Sign in anew: `aws sso login`, or export fresh ones",
        ),
    ),
    _blocked(
        "credentials-denied",
        when="AWS does not know the credentials",
        find=refused(
            CredentialsError.DENIED,
            "AWS does not accept the credentials",
            "Check the key and its secret, and that the key is active in IAM",
        ),
    ),
    _blocked(
        "credentials-unasked",
        when="AWS could not be asked who calls",
        find=unasked,
    ),
    Check(
        id="account-unexpected",
        subject=Subject.CREDENTIALS,
        severity=Severity.BLOCKED,
        when="the credentials are of another account than CDK_DEFAULT_ACCOUNT names",
        why="The bucket's name and every ARN hold the account: it would be deployed elsewhere",
        find=other_account,
    ),
    Check(
        id="credentials-expiring",
        subject=Subject.CREDENTIALS,
        severity=Severity.WARNING,
        when="the credentials end within 30 minutes",
        why="A deployment cut off by its credentials goes on only after signing in anew",
        find=expiring,
    ),
)
