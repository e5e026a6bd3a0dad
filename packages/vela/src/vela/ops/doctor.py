"""Looks at everything a deployment depends on, and changes nothing.

Law: gathers facts once and walks the table of checks; what is printed and which account is meant is
the caller's.
"""

from dataclasses import dataclass

from vela.ops.aws import Aws
from vela.ops.checks.check import Subject
from vela.ops.checks.right import right
from vela.ops.checks.table import preflight
from vela.ops.facts.facts import Facts
from vela.ops.facts.gathering import Inquiry, gather
from vela.ops.findings import Finding, exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found.

    Attributes:
        facts: As gathered.
        findings: The gravest first.
        right: What was found right, by subject.
        calls: How many API calls it took.
        repeated: Calls made more than once; there is none.

    """

    facts: Facts
    findings: tuple[Finding, ...]
    right: tuple[tuple[Subject, str], ...]
    calls: int
    repeated: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0, 1 with warnings, 2 when something blocks."""
        return exit_code(self.findings)

    def as_json(self) -> dict[str, object]:
        """Give what was found as plain JSON types."""
        return {
            "target": self.facts.target.value,
            "account": self.facts.identity.account,
            "region": self.facts.region.name,
            "exit_code": self.exit_code,
            "findings": [finding.as_json() for finding in self.findings],
            "right": {subject.value: seen for subject, seen in self.right},
            "calls": self.calls,
        }


def diagnose(aws: Aws, inquiry: Inquiry) -> Diagnosis:
    """Gather the facts and check them."""
    facts = gather(aws, inquiry)
    findings = preflight(facts)
    return Diagnosis(
        facts=facts,
        findings=findings,
        right=tuple(right(facts, findings)),
        calls=len(aws.calls),
        repeated=tuple(f"{call.service}:{call.operation}" for call in aws.repeated),
    )
