"""A connection's password: a request to connect, signed with AWS Signature Version 4.

Law: pure but for `credential_chain`; standard library only; the clock and the credentials are
arguments. A token is made on this machine without any call, and is read once, when a
connection is opened: nothing caches it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Self
from urllib.parse import quote

from vela.errors import SettingsError

Action = Literal["DbConnect", "DbConnectAdmin"]

ALGORITHM = "AWS4-HMAC-SHA256"
NO_BODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """AWS credentials; only the key's identifier may be shown."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Take what Lambda puts into a function's environment."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        if missing := [name for name in names if not env.get(name)]:
            raise SettingsError(
                f"no AWS credentials: {' and '.join(missing)} not set",
                "Lambda sets them by itself; elsewhere export them or use a profile",
            )
        return cls(
            access_key_id=env["AWS_ACCESS_KEY_ID"],
            secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            session_token=env.get("AWS_SESSION_TOKEN") or None,
        )


def action_for(user: str) -> Action:
    """Name the action a database role's token must be signed for."""
    return "DbConnectAdmin" if user == "admin" else "DbConnect"


def sign(
    *,
    host: str,
    region: str,
    user: str,
    credentials: Credentials,
    now: datetime,
    expires_s: int = 900,
    action: Action | None = None,
) -> str:
    """Make the password with which *user* connects to *host*.

    *action* follows from *user*; another one is for those who want to be refused.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/dsql/aws4_request"
    query = {
        "Action": action or action_for(user),
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token:
        query["X-Amz-Security-Token"] = credentials.session_token
    pairs = [f"{name}={quote(value, safe='-_.~')}" for name, value in query.items()]
    # What is signed has its fields sorted; what is sent keeps the order botocore gives them.
    request = f"GET\n/\n{'&'.join(sorted(pairs))}\nhost:{host}\n\nhost\n{NO_BODY}"
    signed = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = _signing_key(credentials.secret_access_key, scope)
    signature = hmac.digest(key, signed.encode(), "sha256").hex()
    return f"{host}/?{'&'.join(pairs)}&X-Amz-Signature={signature}"


def _signing_key(secret: str, scope: str) -> bytes:
    """Derive the key that is good for one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def credential_chain(profile: str | None = None) -> Callable[[], Credentials]:
    """Outside Lambda: whatever botocore finds, refreshed as botocore does."""
    try:
        from botocore.session import Session  # noqa: PLC0415  slow, and absent in Lambda's asset
    except ModuleNotFoundError as error:
        raise SettingsError(
            "AWS credentials cannot be looked for: botocore is not installed",
            "install vela[cli], or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ) from error

    session = Session(profile=profile)

    def current() -> Credentials:
        if (found := session.get_credentials()) is None:
            raise SettingsError("no AWS credentials were found", "run `aws configure` or log in")
        frozen = found.get_frozen_credentials()
        return Credentials(
            access_key_id=frozen.access_key or "",
            secret_access_key=frozen.secret_key or "",
            session_token=frozen.token,
        )

    return current
