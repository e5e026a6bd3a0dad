"""The form of a token: a presigned URL without its scheme.

Law: bytes from a stranger become either a `PresignedToken`, whose fields are decoded and have
the right shape, or a hint saying what is wrong with the form. Nothing is believed yet, nothing
is compared with a secret, and no hint repeats the token.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote_to_bytes

from dsql_local.auth.sigv4 import canonical_query

# A session token has at most 4096 characters (`registry` holds to it), three times that when
# percent-encoded; host and the other parameters stay well below the rest.
TOKEN_LIMIT: Final = 16_384
WEEK_S: Final = 604_800

REQUIRED: Final = (
    "Action",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
OPTIONAL: Final = ("X-Amz-Security-Token",)
KNOWN: Final = frozenset((*REQUIRED, *OPTIONAL))

# What may stand in a query as it is, or percent-encoded. A plus sign must be encoded: some read
# it as a space. The quantifiers are possessive, so no input makes the search slow.
_TEXT = r"(?:[A-Za-z0-9._~/:;,@!$'()*-]++|%[0-9A-Fa-f]{2})"
_PAIR = f"{_TEXT}++={_TEXT}*+"
_TOKEN = re.compile(rf"([A-Za-z0-9.-]{{1,253}})/\?({_PAIR}(?:&{_PAIR})*+)", re.ASCII)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,100}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SCOPE_PARTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the signing key was derived for: ``<date>/<region>/<service>/<terminator>``."""

    date: str
    region: str
    service: str
    terminator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresignedToken:
    """A well-formed token, decoded; what it says is not yet proven."""

    host: str
    action: str
    algorithm: str
    signed_headers: str
    access_key_id: str
    scope: Scope
    timestamp: str
    signed_at: int
    expires_s: int
    session_token: str | None = field(repr=False)
    signature: str = field(repr=False)
    query: str = field(repr=False)


def parse(token: str) -> PresignedToken | str:
    """Take *token* apart, or say what is wrong with its form."""
    if len(token) > TOKEN_LIMIT:
        return f"The token is longer than {TOKEN_LIMIT} characters."
    if not (found := _TOKEN.fullmatch(token)):
        return _not_a_token(token)
    host, query = found.groups()
    parameters = _decode(query)
    if isinstance(parameters, str):
        return parameters
    for name in REQUIRED:
        if name not in parameters:
            return (
                f"AWS query-string parameters must include '{name}'."
                " Re-examine the query-string parameters."
            )
    return _read(host, parameters)


def _not_a_token(token: str) -> str:
    if token.startswith(("https://", "http://")):
        return "The token must not start with a scheme: leave out https://."
    return (
        "The password is not an authentication token: <host>/?Action=…, as made by"
        " generate-db-connect-auth-token, was expected."
    )


def _decode(query: str) -> dict[str, str] | str:
    parameters: dict[str, str] = {}
    for pair in query.split("&"):
        name, value = map(_percent_decode, pair.split("="))
        if name not in KNOWN:
            return "The token has a query-string parameter that is not part of a DSQL token."
        if name in parameters:
            return f"Query-string parameter '{name}' must appear only once."
        if not (value.isascii() and value.isprintable()):
            return f"Query-string parameter '{name}' must be printable ASCII."
        parameters[name] = value
    return parameters


def _percent_decode(text: str) -> str:
    return unquote_to_bytes(text).decode("latin-1") if "%" in text else text


def _read(host: str, parameters: dict[str, str]) -> PresignedToken | str:
    signature = parameters.pop("X-Amz-Signature")
    access_key_id, *scope = parameters["X-Amz-Credential"].split("/")
    if len(scope) + 1 != _SCOPE_PARTS or not access_key_id:
        return (
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting"
            ' "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    timestamp = parameters["X-Amz-Date"]
    if (signed_at := _epoch(timestamp)) is None:
        return "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
    expires = parameters["X-Amz-Expires"]
    if wrong := _wrong_lifetime(expires):
        return wrong
    if not _SIGNATURE.fullmatch(signature):
        return "X-Amz-Signature must be 64 lower-case hexadecimal digits."
    date, region, service, terminator = scope
    return PresignedToken(
        host=host,
        action=parameters["Action"],
        algorithm=parameters["X-Amz-Algorithm"],
        signed_headers=parameters["X-Amz-SignedHeaders"],
        access_key_id=access_key_id,
        scope=Scope(date=date, region=region, service=service, terminator=terminator),
        timestamp=timestamp,
        signed_at=signed_at,
        expires_s=int(expires),
        session_token=parameters.get("X-Amz-Security-Token"),
        signature=signature,
        query=canonical_query(parameters.items()),
    )


def _epoch(timestamp: str) -> int | None:
    if not (found := _DATE.fullmatch(timestamp)):
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:  # the right shape, but no such day or hour
        return None


def _wrong_lifetime(expires: str) -> str | None:
    if not _NUMBER.fullmatch(expires):
        return "X-Amz-Expires should be a number"
    if int(expires) <= 0:
        return "X-Amz-Expires must be greater than zero"
    if int(expires) > WEEK_S:
        return (
            "X-Amz-Expires must be less than a week (in seconds); that is, the given"
            f" X-Amz-Expires must be less than {WEEK_S} seconds"
        )
    return None
