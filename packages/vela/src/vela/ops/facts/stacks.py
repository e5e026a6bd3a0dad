"""The stacks of this Region, and the resources of Vela's own.

Law: one listing of all stacks, one of each Vela stack's resources; nothing is asked twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class ResourceFact(NamedTuple):
    """One resource of a deployed stack."""

    type: str
    physical_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFact:
    """A stack as CloudFormation describes it.

    Attributes:
        name: Of the stack.
        status: As in ``UPDATE_ROLLBACK_FAILED``.
        status_reason: CloudFormation's own words, or nothing.
        changed: When it was last changed or, if never, made.
        outputs: By their names.
        tags: By their names.
        termination_protection: Whether it refuses deletion.
        drift_status: The last one known: ``IN_SYNC``, ``DRIFTED``, ``NOT_CHECKED`` or ``UNKNOWN``.
        drift_checked: When that was.
        resources: By their logical ids; only of Vela's own stacks.

    """

    name: str
    status: str
    status_reason: str = ""
    changed: datetime | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    termination_protection: bool = False
    drift_status: str = "NOT_CHECKED"
    drift_checked: datetime | None = None
    resources: Mapping[str, ResourceFact] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether it has ever held a resource: one in review is only a name."""
        return self.status not in {"REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}

    @property
    def busy(self) -> bool:
        """Whether an operation runs on it now."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def physical(self, type_: str) -> tuple[str, ...]:
        """Give the physical ids of its resources of one type."""
        return tuple(r.physical_id for r in self.resources.values() if r.type == type_)


Stacks = Mapping[str, StackFact]
