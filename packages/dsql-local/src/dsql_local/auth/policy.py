"""IAM identity-based policies: parsed strictly, decided in three-valued logic.

Law: a malformed document never becomes a `Policy`; a decision is a pure function of policies and
request. What the evaluator does not support is neither true nor false, and access is granted
only if it would be whichever of the two it were. The order of policies and statements is
without meaning.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dsql_local.auth.condition import Conditions, Request, hold, parse_conditions
from dsql_local.auth.glob import ArnPart, arn_matches, compile_arn, compile_glob
from dsql_local.auth.grammar import (
    malformed,
    object_of,
    strings_of,
    variable_in,
    without_variables,
)
from dsql_local.auth.truth import Truth, Unsupported, all_of, any_of, negate

VERSIONS: Final = ("2008-10-17", "2012-10-17")
EFFECTS: Final[Mapping[object, Literal["Allow", "Deny"]]] = {"Allow": "Allow", "Deny": "Deny"}

_ACTION = re.compile(r"\*|(\*|[A-Za-z0-9-]+):[A-Za-z0-9*?]+", re.ASCII)
_ARN = re.compile(r"\*|arn:([^:]*:){4}.+|arn:.*\*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource pattern; *variable* names what keeps its match from being certain."""

    parts: tuple[ArnPart, ...]
    variable: str | None

    def matches(self, arn: str) -> Truth:
        """Whether *arn* fits, if that can be known."""
        if not arn_matches(self.parts, arn):
            return False
        return Unsupported(f"policy variable {self.variable}") if self.variable else True


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One parsed statement."""

    effect: Literal["Allow", "Deny"]
    actions: tuple[re.Pattern[str], ...]
    all_actions_but: bool
    resources: tuple[Resource, ...]
    all_resources_but: bool
    conditions: Conditions

    def applies(self, request: Request) -> Truth:
        """Whether the statement speaks about *request*."""
        action = any(glob.fullmatch(request.action) for glob in self.actions)
        if action is self.all_actions_but:
            return False
        resource = any_of(each.matches(request.resource) for each in self.resources)
        return all_of(
            (
                negate(resource) if self.all_resources_but else resource,
                hold(self.conditions, request),
            )
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy document."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policies say; *reason* names what made them undecidable."""

    outcome: Literal["allow", "implicit deny", "explicit deny", "undecidable"]
    reason: str | None = None


def decide(policies: Sequence[Policy], request: Request) -> Decision:
    """Decide *request*: an explicit deny wins, and nothing is allowed by default."""
    statements = [statement for policy in policies for statement in policy.statements]
    denied = any_of(each.applies(request) for each in statements if each.effect == "Deny")
    if isinstance(denied, Unsupported):
        return Decision("undecidable", denied.what)
    if denied:
        return Decision("explicit deny")
    allowed = any_of(each.applies(request) for each in statements if each.effect == "Allow")
    if isinstance(allowed, Unsupported):
        return Decision("undecidable", allowed.what)
    return Decision("allow" if allowed else "implicit deny")


def parse_policy(document: object) -> Policy:
    """Parse a decoded policy document, or raise `PolicyMalformed`."""
    policy = object_of(document, "the document")
    _only(policy, {"Version", "Id", "Statement"}, "the document")
    version = policy.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise malformed(f"Version is neither {' nor '.join(VERSIONS)}")
    if "Statement" not in policy:
        raise malformed("it has no Statement")
    listed = policy["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    # Policy variables came with the second version; before it, ${ is only text.
    variables = version == VERSIONS[1]
    return Policy(
        tuple(
            _statement(each, f"Statement[{n}]", variables=variables)
            for n, each in enumerate(statements)
        )
    )


def _only(element: Mapping[str, object], names: set[str], where: str) -> None:
    if unknown := sorted(element.keys() - names):
        raise malformed(f"{where} has an element {unknown[0]!r} which identity-based policies lack")


def _statement(element: object, where: str, *, variables: bool) -> Statement:
    statement = object_of(element, where)
    _only(
        statement,
        {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"},
        where,
    )
    if not isinstance(statement.get("Sid", ""), str):
        raise malformed(f"{where}.Sid is not a string")
    effect = statement.get("Effect")
    if not isinstance(effect, str) or effect not in EFFECTS:
        raise malformed(f"{where}.Effect is neither Allow nor Deny")
    actions, all_actions_but = _one_of(statement, "Action", where)
    resources, all_resources_but = _one_of(statement, "Resource", where)
    return Statement(
        effect=EFFECTS[effect],
        actions=tuple(_action(text, where) for text in actions),
        all_actions_but=all_actions_but,
        resources=tuple(_resource(text, where, variables=variables) for text in resources),
        all_resources_but=all_resources_but,
        conditions=parse_conditions(statement.get("Condition", {}), variables=variables),
    )


def _one_of(statement: Mapping[str, object], name: str, where: str) -> tuple[tuple[str, ...], bool]:
    present = [each for each in (name, f"Not{name}") if each in statement]
    if len(present) != 1:
        raise malformed(f"{where} must have either {name} or Not{name}")
    strings = strings_of(statement[present[0]], f"{where}.{present[0]}")
    if not strings:
        raise malformed(f"{where}.{present[0]} is empty")
    return strings, present[0] != name


def _action(text: str, where: str) -> re.Pattern[str]:
    if not _ACTION.fullmatch(text):
        raise malformed(f"{where} has an action {text!r} which is not <service>:<action>")
    return compile_glob(text, ignore_case=True)


def _resource(text: str, where: str, *, variables: bool) -> Resource:
    if not _ARN.fullmatch(text):
        raise malformed(f"{where} has a resource {text!r} which is neither an ARN nor *")
    variable = variable_in(text) if variables else None
    return Resource(compile_arn(without_variables(text) if variable else text), variable)
