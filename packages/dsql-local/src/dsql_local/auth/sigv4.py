"""AWS Signature Version 4 for the one request a DSQL token is: a presigned GET of ``/``.

Law: a pure function of its arguments. Signing and verifying build the same canonical request, so
they cannot drift apart.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import re
import time
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

from dsql_local.auth.verdict import Credential

Action = Literal["DbConnect", "DbConnectAdmin"]

ADMIN = "admin"
ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "dsql"
TERMINATOR = "aws4_request"
SIGNED_HEADERS = "host"
EMPTY_BODY = sha256(b"").hexdigest()

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")


def action_for(user: str) -> Action:
    """Name the IAM action which lets *user* connect."""
    return "DbConnectAdmin" if user == ADMIN else "DbConnect"


def sign(
    *,
    host: str,
    user: str,
    region: str,
    credential: Credential,
    now: float,
    expires_s: int = 900,
) -> str:
    """Make the token with which *user* connects to *host*, byte for byte as botocore does."""
    timestamp = format_time(now)
    scope = (credential.access_key_id, timestamp[:8], region, SERVICE, TERMINATOR)
    parameters = [
        ("Action", action_for(user)),
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", "/".join(scope)),
        ("X-Amz-Date", timestamp),
        ("X-Amz-Expires", str(expires_s)),
        ("X-Amz-SignedHeaders", SIGNED_HEADERS),
    ]
    if credential.session_token is not None:
        parameters.append(("X-Amz-Security-Token", credential.session_token))
    signature = signature_of(
        host=host,
        query=canonical_query(parameters),
        timestamp=timestamp,
        region=region,
        secret=credential.secret_access_key,
    )
    query = "&".join(f"{name}={encode(value)}" for name, value in parameters)
    return f"{host}/?{query}&X-Amz-Signature={signature}"


def format_time(epoch_s: float) -> str:
    """Write a point in time as ``X-Amz-Date`` does, to the second."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(epoch_s))


def encode(value: str) -> str:
    """Percent-encode everything but the unreserved characters."""
    return value if _UNRESERVED.fullmatch(value) else quote(value, safe="-._~")


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Write decoded parameters, all differently named, in the one form that is signed."""
    # No name of a token's parameters has a character to encode.
    return "&".join([f"{name}={encode(value)}" for name, value in sorted(parameters)])


def signature_of(*, host: str, query: str, timestamp: str, region: str, secret: str) -> str:
    """Sign the canonical request of *host* and *query*."""
    # Host names are case-insensitive; the SDKs sign their lower-case form.
    request = f"GET\n/\n{query}\nhost:{host.lower()}\n\n{SIGNED_HEADERS}\n{EMPTY_BODY}"
    day = timestamp[:8]
    digest = sha256(request.encode()).hexdigest()
    text = f"{ALGORITHM}\n{timestamp}\n{day}/{region}/{SERVICE}/{TERMINATOR}\n{digest}"
    return hmac.digest(signing_key(secret, day, region), text.encode(), "sha256").hex()


@lru_cache(maxsize=256)
def signing_key(secret: str, day: str, region: str) -> bytes:
    """Derive the day's key. The cache is keyed by the secret itself: a new secret, a new key."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, SERVICE, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
