"""Who may talk to the control endpoint at all.

Law: checked before a path or body is looked at. The ``Host`` must be this machine's own, so that
a web page whose name was made to point here (DNS rebinding) is turned away; the bearer secret
must be right, and is compared in constant time.
"""

import hmac
import re
from typing import Final

from dsql_local.server.control.exchange import ApiError, Request

_LOOPBACK: Final = re.compile(
    r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE
)


def check(request: Request, *, secret: str) -> None:
    """Let *request* pass, or raise the `ApiError` that turns it away."""
    if not _LOOPBACK.fullmatch(request.headers.get("host", "")):
        raise ApiError(403, "AccessDeniedException", "The Host is not this machine's loopback.")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), secret.encode())
    if scheme.lower() != "bearer" or not right:
        error = ApiError(
            401, "UnauthorizedException", "Authorization: Bearer <secret> is required."
        )
        raise error.with_header("WWW-Authenticate", "Bearer")
