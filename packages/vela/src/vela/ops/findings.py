"""What a check tells a person.

Law: values only. A finding says what is so, why it matters and what to do; the process's exit code
is that of the gravest.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How grave a finding is; its value is the exit code."""

    INFO = 0
    WARNING = 1
    BLOCKED = 2

    @property
    def label(self) -> str:
        """The word a person reads."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found.

    Attributes:
        id: Of the check; stable, never reused.
        severity: Blocked: a deployment would fail or do harm.
        what: Is so, in this account or on this machine.
        why: It matters.
        fix: What to do.

    """

    id: str
    severity: Severity
    what: str
    why: str
    fix: str

    def as_json(self) -> dict[str, object]:
        """Give the fields as plain JSON types."""
        return {**asdict(self), "severity": self.severity.label}


def exit_code(findings: Iterable[Finding]) -> int:
    """Give 0 for nothing or news, 1 for warnings, 2 when something blocks."""
    return max((int(finding.severity) for finding in findings), default=0)
