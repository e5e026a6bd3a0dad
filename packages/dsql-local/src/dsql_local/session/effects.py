"""What a session wants done.

Law: values only. The session decides, whoever holds it does; no effect is a callback.
"""

from dataclasses import dataclass
from typing import NamedTuple

from dsql_local.wire.startup import CancelRequest


class ToClient(NamedTuple):
    """Send these bytes to the client."""

    data: bytes


class ToBackend(NamedTuple):
    """Send these bytes to PostgreSQL."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldClient:
    """Stop reading what the client sends, or go on."""

    hold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A statement went to PostgreSQL of which no rule knows something."""

    gap: str
    sql: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeAt:
    """Call `tick` at this time of the clock that `tick` is called with."""

    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """Decide on this token; answer with `granted` or `refused`."""

    user: str
    token: str


@dataclass(frozen=True, slots=True)
class OpenBackend:
    """Connect to the cluster's PostgreSQL; answer with `backend_opened` or `refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Pass this cancel request to the PostgreSQL that issued its key; answer with `ended`."""

    request: CancelRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """PostgreSQL issued this key; a cancel request with it is for this session."""

    pid: int
    key: int


@dataclass(frozen=True, slots=True)
class Close:
    """Send what is to be sent, then close both connections. The last effect of a session."""


Effect = (
    ToClient
    | ToBackend
    | HoldClient
    | Unknown
    | WakeAt
    | Authenticate
    | OpenBackend
    | Cancel
    | Issued
    | Close
)
