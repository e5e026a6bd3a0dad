"""Who is calling.

Law: one call to STS; what it says is the account every other fact is about.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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

    """

    account: str | None
    arn: str | None = None
    expires: datetime | None = None
    expected: str | None = None
    error: CredentialsError | None = None
    detail: str = ""
