"""What a verification tells.

Law: values only. A check that could not be made is neither passed nor failed, and says why.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from vela.errors import AccountUnusable, VerificationFailed
from vela.ops.facts.unknown import Unknown
from vela.ops.health import Summary


class Status(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at.

    Attributes:
        id: Stable, never reused.
        title: What was to be so.
        status: Whether it is.
        seen: What was seen, as one line.
        evidence: What differs, or what to know beside.
        passing: Whether it could not be looked at for a reason that passes: it is to be asked again.

    """

    id: str
    title: str
    status: Status
    seen: str
    evidence: tuple[str, ...] = ()
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What a check is about; makes its outcome."""

    id: str
    title: str

    def judged(self, wrong: Iterable[str], seen: str) -> Check:
        """Pass, unless something is *wrong*."""
        evidence = tuple(wrong)
        status = Status.FAILED if evidence else Status.PASSED
        return Check(id=self.id, title=self.title, status=status, seen=seen, evidence=evidence)

    def passed(self, seen: str, *beside: str) -> Check:
        """Pass."""
        return Check(id=self.id, title=self.title, status=Status.PASSED, seen=seen, evidence=beside)

    def unknown(self, why: Unknown) -> Check:
        """Say why it could not be looked at."""
        return Check(
            id=self.id,
            title=self.title,
            status=Status.UNKNOWN,
            seen=why.reason,
            evidence=(why.remedy,),
            passing=why.passes,
        )

    def not_applicable(self, why: str) -> Check:
        """Say why there is nothing to look at."""
        return Check(id=self.id, title=self.title, status=Status.NOT_APPLICABLE, seen=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One call of the health-check, in the order they were made."""

    elapsed_ms: float
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was verified, where, when and how it ended."""

    target: str
    account: str
    region: str
    at: datetime
    website: str
    checks: tuple[Check, ...]
    health: Summary
    samples: tuple[Sample, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status is Status.FAILED)

    @property
    def unmade(self) -> tuple[Check, ...]:
        """The checks that could not be made."""
        return tuple(check for check in self.checks if check.status is Status.UNKNOWN)

    @property
    def unseen(self) -> tuple[Check, ...]:
        """Of these, the ones that are to be made again."""
        return tuple(check for check in self.unmade if check.passing)

    @property
    def passed(self) -> bool:
        """Whether none failed, and none is to be made again."""
        return not (self.failed or self.unseen)

    @property
    def verdict(self) -> str:
        """Tell it in a few words."""
        if self.failed:
            return "Vela does not work as it is to"
        return "Whether Vela works is not known" if self.unseen else "Vela works"

    def count(self, status: Status) -> int:
        """Count the checks that ended so."""
        return sum(check.status is status for check in self.checks)

    def require(self) -> "Report":
        """Return itself, or fail with the first check that failed."""
        if self.failed:
            first, more = self.failed[0], len(self.failed) - 1
            why = f" ({first.evidence[0]})" if first.evidence else ""
            others = f", and {more} more" if more else ""
            raise VerificationFailed(
                f"the platform is deployed but not as it is to be: {first.title}: {first.seen}"
                f"{why}{others}",
                "Mend it and deploy again, or go back to the deployment before: `vela rollback`",
            )
        if self.unseen:
            one = self.unseen[0]
            raise AccountUnusable(
                f"{len(self.unseen)} of {len(self.checks)} checks could not be made: "
                f"{one.title}: {one.seen}",
                f"{one.evidence[0]}, then run `vela verify`: what is deployed stays as it is",
            )
        return self

    def as_json(self) -> dict[str, object]:
        """Give the fields as plain JSON types."""
        return {
            "target": self.target,
            "account": self.account,
            "region": self.region,
            "at": self.at.isoformat(),
            "website": self.website,
            "passed": self.passed,
            "checks": [asdict(check) for check in self.checks],
            "health": self.health.as_json(),
            "samples": [asdict(sample) for sample in self.samples],
        }
