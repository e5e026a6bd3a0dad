"""What a check is.

Law: a check is a row: its text is what the reference page shows, its function is pure and tells only
what is so and what to do about it. Ids are stable and never reused.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeVar

from vela.ops.facts.facts import Facts
from vela.ops.facts.unknown import Unknown
from vela.ops.findings import Finding, Severity

Fact = TypeVar("Fact")


class Subject(StrEnum):
    """What a check looks at, as a person reads it."""

    MACHINE = "This machine"
    CREDENTIALS = "Credentials"
    REGION = "Region"
    PLAN = "What is planned"
    BOOTSTRAP = "CDK bootstrap"
    STACKS = "Stacks"
    NAMES = "Fixed names"
    CERTIFICATE = "Certificate"
    DOMAIN = "Domain"
    CLUSTER = "Cluster"
    DRIFT = "Drift"
    PERMISSIONS = "Permissions"


class Told(NamedTuple):
    """What one finding says of this account; the rest is the check's."""

    what: str
    fix: str


Find = Callable[[Facts], Iterable[Told]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the table.

    Attributes:
        id: Names it in findings and in the reference.
        subject: What it looks at.
        severity: Of what it finds.
        when: What it finds, in general; for the reference.
        why: It matters.
        find: Gives one `Told` a finding.

    """

    id: str
    subject: Subject
    severity: Severity
    when: str
    why: str
    find: Find

    def findings(self, facts: Facts) -> tuple[Finding, ...]:
        """Look at the facts."""
        return tuple(
            Finding(id=self.id, severity=self.severity, what=what, why=self.why, fix=fix)
            for what, fix in self.find(facts)
        )


def present(fact: Fact | Unknown | None) -> Fact | None:
    """Give the fact if it could be had; that it could not is a finding of its own."""
    return None if isinstance(fact, Unknown) else fact
