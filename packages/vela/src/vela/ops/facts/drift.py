"""How what is deployed differs from its template.

Law: the last known state unless asked: finding it anew takes CloudFormation minutes.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftedResource:
    """A resource that was changed, or removed, past CloudFormation."""

    logical_id: str
    type: str
    status: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDrift:
    """One stack's drift."""

    stack: str
    status: str
    checked: datetime | None = None
    resources: tuple[DriftedResource, ...] = ()
