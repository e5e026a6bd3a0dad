"""What the caller lacks for the plan.

Law: IAM is asked by simulation; nothing is tried out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from vela.ops.account import REGION
from vela.ops.aws import Aws
from vela.ops.facts.bootstrap import QUALIFIER, Bootstrap
from vela.ops.facts.identity import Identity
from vela.ops.facts.needs import BOOTSTRAP, ROLES, of_types
from vela.ops.facts.planned import Planned
from vela.ops.facts.threads import each
from vela.ops.facts.unknown import Unknown
from vela.ops.refusals import known

ANYTHING = "*"


class Ask(NamedTuple):
    """One question to IAM; *whose* is how a person knows the principal."""

    principal: str
    actions: tuple[str, ...]
    resource: str
    whose: str


class Refusal(NamedTuple):
    """One action IAM would refuse."""

    action: str
    resource: str
    whose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Which needed actions are refused.

    Attributes:
        asked: How many decisions IAM was asked for.
        missing: The refused actions, as ``action (principal)``; empty when all are allowed.
        unassumable: The bootstrap's roles the caller may not assume.
        note: Why something was not asked; empty when everything was.

    """

    asked: int
    missing: tuple[str, ...] = ()
    unassumable: tuple[str, ...] = ()
    note: str = ""


def gather(
    aws: Aws,
    *,
    identity: Identity,
    bootstrap: Bootstrap | Unknown,
    planned: Planned | Unknown,
    execution_role: bool,
) -> Permissions | Unknown:
    """Have IAM simulate what the deployment takes.

    Args:
        aws: The account.
        identity: Who deploys.
        bootstrap: Whether the bootstrap's roles are there to be assumed.
        planned: Whose resource types are made.
        execution_role: Whether the role that makes the resources is asked about too.

    """
    return known(
        "iam:SimulatePrincipalPolicy",
        lambda: _simulated(aws, identity, bootstrap, planned if execution_role else None),
    )


def role_arn(account: str, role: str) -> str:
    """Give the ARN of one of the bootstrap's roles."""
    return f"arn:aws:iam::{account}:role/cdk-{QUALIFIER}-{role}-role-{account}-{REGION}"


def asks(
    *, principal: str | None, account: str, bootstrapped: bool, types: Iterable[str]
) -> tuple[Ask, ...]:
    """Give what IAM is to be asked; *principal* is None when nobody can be simulated. Pure."""
    found: list[Ask] = []
    if principal and bootstrapped:
        found += [
            Ask(principal, ("sts:AssumeRole",), role_arn(account, role), "you") for role in ROLES
        ]
    elif principal:
        found.append(Ask(principal, BOOTSTRAP, ANYTHING, "you"))
    if bootstrapped and (made := of_types(types)):
        found.append(Ask(role_arn(account, "cfn-exec"), made, ANYTHING, "CloudFormation's role"))
    return tuple(found)


def _simulated(
    aws: Aws, identity: Identity, bootstrap: Bootstrap | Unknown, planned: Planned | Unknown | None
) -> Permissions:
    principal, note = _principal(aws, identity.arn or "")
    questions = asks(
        principal=principal,
        account=identity.account or "",
        bootstrapped=isinstance(bootstrap, Unknown) or bootstrap.version is not None,
        types=planned.types if isinstance(planned, Planned) else (),
    )
    refused = tuple(chain.from_iterable(each(lambda ask: _refused(aws, ask), questions)))
    return Permissions(
        asked=sum(len(ask.actions) for ask in questions),
        missing=tuple(f"{r.action} ({r.whose})" for r in refused if r.resource == ANYTHING),
        unassumable=tuple(r.resource for r in refused if r.resource != ANYTHING),
        note=note,
    )


def _principal(aws: Aws, arn: str) -> tuple[str | None, str]:
    """Give the user or role behind *arn* (a session's lacks the path of its role), or why none."""
    kind, _, name = (arn.split(":") + [""] * 6)[5].partition("/")
    if kind == "root":
        return None, "the root user may do everything"
    if kind == "user":
        return arn, ""
    if kind != "assumed-role":
        return None, f"IAM simulates no {kind or 'unknown caller'}"
    role = name.partition("/")[0]
    found = known("iam:GetRole", lambda: aws.iam.get_role(RoleName=role)["Role"]["Arn"])
    account = arn.split(":")[4]
    return f"arn:aws:iam::{account}:role/{role}" if isinstance(found, Unknown) else found, ""


def _refused(aws: Aws, ask: Ask) -> list[Refusal]:
    pages = aws.iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=ask.principal,
        ActionNames=list(ask.actions),
        ResourceArns=[ask.resource],
    )
    return [
        Refusal(result["EvalActionName"], ask.resource, ask.whose)
        for page in pages
        for result in page["EvaluationResults"]
        if result["EvalDecision"] != "allowed"
    ]
