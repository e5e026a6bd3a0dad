"""What authentication is asked about and what it answers.

Law: values only. Every refusal carries DSQL's one message; its cause is in the hint, and neither
ever holds a token, a secret or a session token.
"""

from dataclasses import dataclass, field

ACCESS_DENIED = "unable to accept connection, access denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An access key and whose it is; *principal* is the ARN of an IAM role or user."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    principal: str
    session_arn: str | None
    expires_at: float | None

    @property
    def caller(self) -> str:
        """The ARN by which messages name the caller: the session's, where there is one."""
        return self.session_arn or self.principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The token proves *principal*, and IAM lets it connect."""

    principal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The connection ends with this FATAL error."""

    sqlstate: str
    message: str
    hint: str | None


def denied(hint: str) -> Refusal:
    """Refuse as DSQL does when the token or IAM is the cause."""
    return Refusal(sqlstate="08006", message=ACCESS_DENIED, hint=hint)


def role_not_mapped() -> Refusal:
    """Refuse as DSQL does when IAM agrees but no database role is mapped to the principal."""
    return Refusal(sqlstate="28000", message=ACCESS_DENIED, hint=None)
