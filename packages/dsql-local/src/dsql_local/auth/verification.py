"""Whether a token lets a user in.

Law: pure; what is known of keys and policies comes through two functions, the time is an
argument. The checks are a table walked in order, and the first hint ends the walk; what stands
after the signature's check sees only what the holder of the key has signed.

Two rules DSQL's documentation leaves to us:

* The token's host must be the host the client connected to, not merely another host of the
  cluster: the user guide says a token is generated for the host one connects to, and private
  and public endpoint are two hosts. What works here therefore works there.
* A clock may run five minutes ahead, as AWS allows for signed requests; never behind, since
  that is what ``X-Amz-Expires`` is for.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dsql_local.auth.condition import Request
from dsql_local.auth.policy import Decision, Policy, decide
from dsql_local.auth.sigv4 import (
    ALGORITHM,
    SERVICE,
    SIGNED_HEADERS,
    TERMINATOR,
    action_for,
    format_time,
    signature_of,
)
from dsql_local.auth.token import PresignedToken, parse
from dsql_local.auth.verdict import Credential, Granted, Refusal, denied

SKEW_S: Final = 300
ACTIONS: Final = ("DbConnect", "DbConnectAdmin")
_SHOWN: Final = 63  # PostgreSQL's own limit for a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One connection attempt: the token, what it claims to be for, and whose key it names."""

    token: PresignedToken
    user: str
    host: str
    cluster_arn: str
    region: str
    hosts: frozenset[str]
    now: int
    credential: Credential
    policies: Callable[[str], Sequence[Policy]]


def authenticate(
    token: str,
    *,
    user: str,
    host: str,
    cluster_arn: str,
    region: str,
    hosts: frozenset[str],
    now: float,
    credential: Callable[[str], Credential | None],
    policies: Callable[[str], Sequence[Policy]],
) -> Granted | Refusal:
    """Verify *token* for *user* on the cluster reached as *host*."""
    presigned = parse(token)
    if isinstance(presigned, str):
        return denied(presigned)
    known = credential(presigned.access_key_id)
    if known is None:
        return denied("The security token included in the request is invalid.")
    attempt = Attempt(
        token=presigned,
        user=user,
        host=host.lower(),
        cluster_arn=cluster_arn,
        region=region,
        hosts=hosts,
        now=int(now),
        credential=known,
        policies=policies,
    )
    for check in CHECKS:
        if hint := check(attempt):
            return denied(hint)
    return Granted(principal=known.principal)


def _algorithm(attempt: Attempt) -> str | None:
    if attempt.token.algorithm == ALGORITHM:
        return None
    return f'X-Amz-Algorithm only supports "{ALGORITHM}"'


def _signed_headers(attempt: Attempt) -> str | None:
    if attempt.token.signed_headers == SIGNED_HEADERS:
        return None
    return f"X-Amz-SignedHeaders must be '{SIGNED_HEADERS}': a token has no other header."


def _action(attempt: Attempt) -> str | None:
    if attempt.token.action in ACTIONS:
        return None
    return f"Action must be one of {', '.join(ACTIONS)}."


def _scope(attempt: Attempt) -> str | None:
    scope, timestamp = attempt.token.scope, attempt.token.timestamp
    if scope.terminator != TERMINATOR:
        return f"Credential should be scoped with a valid terminator: '{TERMINATOR}'."
    if scope.service != SERVICE:
        return f"Credential should be scoped to correct service: '{SERVICE}'."
    if scope.region != attempt.region:
        return f"Credential should be scoped to a valid region: '{attempt.region}'."
    if scope.date != timestamp[:8]:
        return f"Date in Credential scope does not match YYYYMMDD from X-Amz-Date: '{timestamp}'."
    return None


def _session_token(attempt: Attempt) -> str | None:
    given, known = attempt.token.session_token or "", attempt.credential.session_token or ""
    if hmac.compare_digest(given.encode(), known.encode()):
        return None
    return "The security token included in the request is invalid."


def _signature(attempt: Attempt) -> str | None:
    token = attempt.token
    expected = signature_of(
        host=token.host,
        query=token.query,
        timestamp=token.timestamp,
        region=token.scope.region,
        secret=attempt.credential.secret_access_key,
    )
    if hmac.compare_digest(token.signature, expected):
        return None
    return (
        "The request signature we calculated does not match the signature you provided."
        " Check your AWS Secret Access Key and signing method."
    )


def _not_yet_valid(attempt: Attempt) -> str | None:
    latest = attempt.now + SKEW_S
    if attempt.token.signed_at <= latest:
        return None
    return (
        f"Signature not yet current: {attempt.token.timestamp} is still later than"
        f" {format_time(latest)} ({format_time(attempt.now)} + {_span(SKEW_S)})"
    )


def _expired(attempt: Attempt) -> str | None:
    earliest = attempt.now - attempt.token.expires_s
    if attempt.token.signed_at >= earliest:
        return None
    return (
        f"Signature expired: {attempt.token.timestamp} is now earlier than"
        f" {format_time(earliest)} ({format_time(attempt.now)} - {_span(attempt.token.expires_s)})"
    )


def _span(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{seconds} sec." if rest else f"{minutes} min."


def _session_ended(attempt: Attempt) -> str | None:
    ends = attempt.credential.expires_at
    if ends is None or attempt.now < ends:
        return None
    return "The security token included in the request is expired"


def _host(attempt: Attempt) -> str | None:
    if (signed_for := attempt.token.host.lower()) == attempt.host and signed_for in attempt.hosts:
        return None
    return (
        f"The token was generated for host {signed_for}, the connection is to {attempt.host}."
        " Generate it for the host you connect to."
    )


def _action_for_user(attempt: Attempt) -> str | None:
    if attempt.token.action == action_for(attempt.user):
        return None
    user = "".join(c if c.isprintable() else "?" for c in attempt.user[:_SHOWN])
    return f"Wrong user to action mapping. user: {user}, action: {attempt.token.action}"


def _not_authorized(attempt: Attempt) -> str | None:
    action = f"dsql:{attempt.token.action}"
    decision = decide(
        attempt.policies(attempt.credential.principal),
        Request(
            action=action,
            resource=attempt.cluster_arn,
            principal=attempt.credential.principal,
            region=attempt.region,
            now=attempt.now,
        ),
    )
    if decision.outcome == "allow":
        return None
    return (
        f"User: {attempt.credential.caller} is not authorized to perform: {action}"
        f" on resource: {attempt.cluster_arn} {_because(decision, action)}"
    )


def _because(decision: Decision, action: str) -> str:
    match decision.outcome:
        case "explicit deny":
            return "with an explicit deny in an identity-based policy"
        case "undecidable":
            return f"because dsql-local cannot evaluate {decision.reason}"
        case _:
            return f"because no identity-based policy allows the {action} action"


CHECKS: Final[tuple[Callable[[Attempt], str | None], ...]] = (
    _algorithm,
    _signed_headers,
    _action,
    _scope,
    _session_token,
    _signature,
    _not_yet_valid,
    _expired,
    _session_ended,
    _host,
    _action_for_user,
    _not_authorized,
)
