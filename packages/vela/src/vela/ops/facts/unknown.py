"""A fact that could not be had.

Law: a value like any other, so that one refused call never hides what the others told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a call told nothing."""

    DENIED = "denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    NO_CREDENTIALS = "no credentials"
    UNSUPPORTED = "unsupported"
    OURS = "ours"
    OTHER = "other"


#: What a person does about each, beginning a sentence.
REMEDIES: Mapping[Cause, str] = {
    Cause.DENIED: "Allow `{action}`",
    Cause.THROTTLED: "Wait a minute (`{action}` was throttled)",
    Cause.UNREACHABLE: "Check the network and the proxy",
    Cause.NO_CREDENTIALS: "Sign in again",
    Cause.UNSUPPORTED: "Check AWS_ENDPOINT_URL: what answers there does not know `{action}`",
    Cause.OURS: "{action}",
    Cause.OTHER: "Try `{action}` with the AWS CLI",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What stood in the way of a fact.

    Attributes:
        reason: The service's own words, as one line.
        action: The IAM action that would have told, as in ``s3:ListAllMyBuckets``; of an error of
            Vela's own what to do about it.
        cause: The kind of obstacle; decides what to do about it.

    """

    reason: str
    action: str
    cause: Cause = Cause.OTHER

    @property
    def passes(self) -> bool:
        """Whether it may be known when asked again: nobody forbade it, and nothing lacks it."""
        return self.cause not in {Cause.DENIED, Cause.UNSUPPORTED, Cause.OURS}

    @property
    def remedy(self) -> str:
        """What to do about it, as the beginning of a sentence."""
        return REMEDIES[self.cause].format(action=self.action)
