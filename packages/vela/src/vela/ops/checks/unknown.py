"""Facts that could not be had.

Law: pure; one finding for each obstacle, whatever number of facts it hides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import partial

from vela.ops.checks.check import Check, Subject, Told
from vela.ops.facts.aliases import Aliases
from vela.ops.facts.facts import Facts
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.findings import Severity


def unknowns(facts: Facts) -> Mapping[Unknown, str]:
    """Give every obstacle with the first subject it hides."""
    found: dict[Unknown, str] = {}
    for field in fields(facts):
        for unknown in _within(getattr(facts, field.name)):
            found.setdefault(unknown, field.name)
    return found


def _within(value: object) -> Iterator[Unknown]:
    match value:
        case Unknown():
            yield value
        case tuple():
            yield from (item.state for item in value if isinstance(item.state, Unknown))
        case Aliases(conflicts=Unknown() as unknown):
            yield unknown
        case _:
            return


def hidden(facts: Facts, *, cause: Cause, fix: str) -> Iterator[Told]:
    """Find facts that one kind of obstacle hides."""
    if facts.identity.error:
        return  # one finding tells that nobody is signed in; that hides everything else
    for unknown, subject in unknowns(facts).items():
        if unknown.cause is cause and unknown is not facts.planned:
            yield Told(
                f"{subject} could not be looked at: {unknown.reason}",
                fix.format(action=unknown.action),
            )


def unplanned(facts: Facts) -> Iterator[Told]:
    """Find that there is no assembly to compare with."""
    unknown = facts.planned
    if isinstance(unknown, Unknown) and not facts.identity.error:
        yield Told(
            f"what would be deployed is not known: {unknown.reason}",
            unknown.action or "Mend that and run it again",
        )


def _row(cause: Cause, *, severity: Severity, when: str, fix: str) -> Check:
    return Check(
        id=f"fact-{cause.value.replace(' ', '-')}",
        subject=Subject.PERMISSIONS,
        severity=severity,
        when=when,
        why="What is not known cannot be foreseen: the checks of it were left out",
        find=partial(hidden, cause=cause, fix=fix),
    )


CHECKS = (
    Check(
        id="plan-unknown",
        subject=Subject.PLAN,
        severity=Severity.BLOCKED,
        when="the stacks cannot be synthesised, or a context option is not valid",
        why="Nothing can be deployed, and nothing can be compared with what is there",
        find=unplanned,
    ),
    _row(
        Cause.NO_CREDENTIALS,
        severity=Severity.BLOCKED,
        when="the credentials ended while the facts were gathered",
        fix="Sign in anew, then run it again (`{action}` was refused)",
    ),
    _row(
        Cause.DENIED,
        severity=Severity.WARNING,
        when="IAM refuses a read-only call",
        fix="Allow `{action}`; AWS's policy ReadOnlyAccess holds it",
    ),
    _row(
        Cause.THROTTLED,
        severity=Severity.WARNING,
        when="a read-only call was throttled, also when tried again",
        fix="Run it again in a minute (`{action}` was throttled)",
    ),
    _row(
        Cause.UNREACHABLE,
        severity=Severity.WARNING,
        when="a service could not be reached",
        fix="Check the network and the proxy (`{action}`), then run it again",
    ),
    _row(
        Cause.UNSUPPORTED,
        severity=Severity.INFO,
        when="what is deployed to has no such operation (the local cloud)",
        fix="Nothing has to be done; on AWS `{action}` answers",
    ),
    _row(
        Cause.OTHER,
        severity=Severity.WARNING,
        when="a read-only call failed for another reason",
        fix="Run it again; if it stays so, try `{action}` with the AWS CLI",
    ),
)
