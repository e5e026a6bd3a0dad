"""Gap: what an expired session is told.

The emulator forgets a session once it has expired, and then calls its key unknown. AWS goes on to
answer ExpiredToken: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
Route: ``PUT /sessions/{access key id}`` lets a session end at ``expires_at`` (seconds since the
epoch), 0 for long ago.
"""

from typing import Any

from ministack.services import sts

from .cloud import Cloud
from .local_control import Document, LocalControl, NotThere
from .replacement import expected, replace


def apply(_cloud: Cloud, control: LocalControl) -> None:
    """Keep what has expired, and register the route."""
    expected(sts, "_sessions")
    replace(sts, "_evict_expired_sessions", (), _keeping)
    control.add("PUT", "/sessions/{access_key_id}", put)


def _keeping(_original: Any) -> Any:
    def evict_expired_sessions() -> None:
        """Evict nothing: a local cloud has few sessions, and an expired one is to be known."""

    return evict_expired_sessions


def put(access_key_id: str, document: Document) -> Document:
    """Let the session end at another time."""
    session = sts._sessions.get(access_key_id)
    if session is None:
        raise NotThere(f"no session has the access key {access_key_id}")
    session["Expiration"] = float(document["expires_at"])
    return {"expires_at": session["Expiration"]}
