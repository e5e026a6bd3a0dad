"""A fact that could not be had.

Law: a value like any other, so that one refused call never hides what the others told.
"""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a call told nothing."""

    DENIED = "denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    NO_CREDENTIALS = "no credentials"
    UNSUPPORTED = "unsupported"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What stood in the way of a fact.

    Attributes:
        reason: The service's own words, as one line.
        action: The IAM action that would have told, as in ``s3:ListAllMyBuckets``.
        cause: The kind of obstacle; decides what to do about it.

    """

    reason: str
    action: str
    cause: Cause = Cause.OTHER
