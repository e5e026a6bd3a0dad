"""Who is calling.

Law: one call to STS; what it says is the account every other fact is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vela.ops.aws import Aws
from vela.ops.facts.unknown import Cause
from vela.ops.refusals import EXPIRED, UNRECOGNISED, cause_of, error_code


class CredentialsError(StrEnum):
    """Why AWS does not know who is calling."""

    ABSENT = "absent"
    EXPIRED = "expired"
    DENIED = "denied"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The caller, or why there is none.

    Attributes:
        account: Twelve digits; None with an ``error``.
        arn: The caller's ARN; an assumed role's session has ``:assumed-role/`` in it.
        expires: When the credentials end, where they say so.
        expected: The account that was asked for (``CDK_DEFAULT_ACCOUNT``), if any.
        error: Why nobody is known.
        detail: The service's own words about the error.
        cause: The kind of obstacle; decides what to do about it.

    """

    account: str | None
    arn: str | None = None
    expires: datetime | None = None
    expected: str | None = None
    error: CredentialsError | None = None
    detail: str = ""
    cause: Cause = Cause.NO_CREDENTIALS


def gather(aws: Aws, environment: Mapping[str, str]) -> Identity:
    """Ask STS who calls."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - boto3 is slow

    expected = environment.get("CDK_DEFAULT_ACCOUNT") or None
    try:
        told = aws.sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        known, detail = _error(error), " ".join(str(error).split())
        unasked = known is CredentialsError.UNREACHABLE
        cause = cause_of(error) if unasked else Cause.NO_CREDENTIALS
        return Identity(account=None, expected=expected, error=known, detail=detail, cause=cause)
    return Identity(
        account=told["Account"], arn=told["Arn"], expected=expected, expires=_expiry(environment)
    )


def _error(error: Exception) -> CredentialsError:
    from botocore import exceptions as botocore  # noqa: PLC0415

    absent = (
        botocore.NoCredentialsError,
        botocore.PartialCredentialsError,
        botocore.ProfileNotFound,
        botocore.CredentialRetrievalError,
    )
    expired = (botocore.SSOError, botocore.TokenRetrievalError)  # single sign-on: sign in again
    if isinstance(error, expired) or error_code(error) in EXPIRED:
        return CredentialsError.EXPIRED
    if isinstance(error, absent):
        return CredentialsError.ABSENT
    if isinstance(error, botocore.ClientError) and error_code(error) in UNRECOGNISED:
        return CredentialsError.DENIED
    return CredentialsError.UNREACHABLE


def _expiry(environment: Mapping[str, str]) -> datetime | None:
    """Read what tools that export temporary credentials write beside them."""
    try:
        return datetime.fromisoformat(environment["AWS_CREDENTIAL_EXPIRATION"])
    except (KeyError, ValueError):
        return None
