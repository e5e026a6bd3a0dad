"""What it means when AWS refuses a call.

Law: the one place that reads botocore's exceptions. A fact that could not be had is an `Unknown`, by
`known`; a call without which nothing goes on is an error of ours, by `answered`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from vela.errors import AccountUnusable
from vela.ops.account import Account
from vela.ops.facts.unknown import REMEDIES, Cause, Unknown

Told = TypeVar("Told")

DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"}
)
THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown"),
        *("RequestLimitExceeded", "RequestThrottled", "LimitExceededException", "429"),
    }
)
#: The credentials were good once.
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
#: AWS does not know them, or they were signed with another secret.
UNRECOGNISED = frozenset(
    {
        *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
        *("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"),
    }
)
UNSUPPORTED = frozenset(
    {
        *("InvalidAction", "UnknownOperationException", "UnknownOperation", "UnknownAction"),
        *("NotImplemented", "UnsupportedOperation", "InvalidRequestMethod", "501"),
    }
)
_CAUSES: Mapping[Cause, frozenset[str]] = {
    Cause.DENIED: DENIED,
    Cause.THROTTLED: THROTTLED,
    Cause.NO_CREDENTIALS: EXPIRED | UNRECOGNISED,
    Cause.UNSUPPORTED: UNSUPPORTED,
}

#: IAM's names of what S3's operations ask for; elsewhere an action is called as its operation.
ACTIONS_OF_S3: Mapping[str, str] = {
    "DeleteObjects": "DeleteObjectVersion",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
}

RESUMES = "then run the same command: it goes on where it stopped"
#: On this machine there is nobody to sign in as, and no network between.
REMEDIES_HERE: Mapping[Cause, str] = {
    **REMEDIES,
    Cause.NO_CREDENTIALS: "Start the local cloud anew (`make down`, `make up`)",
    Cause.UNREACHABLE: "See `vela status` and start the local cloud again (`make up`)",
}


def known(action: str, ask: Callable[[], Told]) -> Told | Unknown:
    """Give what *ask* tells, or why it told nothing.

    Args:
        action: The IAM action it needs; where it needs more of the same service, the refused one is told.
        ask: Makes the calls.

    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        return Unknown(reason=_line(error), action=_refused(action, error), cause=cause_of(error))


def _refused(action: str, error: Exception) -> str:
    service, _, operation = action.partition(":")
    told = getattr(error, "operation_name", operation)
    return f"{service}:{ACTIONS_OF_S3.get(told, told) if service == 's3' else told}"


def error_code(error: Exception) -> str:
    """Give the service's code of a `ClientError`; of any other exception, nothing."""
    response: Mapping[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def cause_of(error: Exception) -> Cause:
    """Tell the kind of obstacle."""
    from botocore import exceptions as botocore  # noqa: PLC0415

    if isinstance(error, botocore.NoCredentialsError | botocore.PartialCredentialsError):
        return Cause.NO_CREDENTIALS
    if isinstance(error, botocore.ConnectionError | botocore.HTTPClientError):
        return Cause.UNREACHABLE  # no connection, a timeout, a name without address
    code = error_code(error)
    return next((cause for cause, codes in _CAUSES.items() if code in codes), Cause.OTHER)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def required(subject: str, told: Told | Unknown) -> Told:
    """Give what was told, or fail: without *subject* nothing goes on."""
    if isinstance(told, Unknown):
        raise AccountUnusable(f"{subject} is not known: {told.reason}", f"{told.remedy}, {RESUMES}")
    return told


def unless(code: str, ask: Callable[[], Told]) -> Told | None:
    """Give what *ask* tells; None where the service says by *code* that there is no such thing."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        return ask()
    except ClientError as error:
        if error_code(error) == code:
            return None
        raise


@contextmanager
def answered(account: Account) -> Iterator[None]:
    """Turn what botocore raises within the block into one error that says what to do."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    where = account.endpoint or "AWS"
    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        what = f"{where} refused {error.operation_name}: {told.get('Code')}: {told.get('Message')}"
        raise AccountUnusable(what, _fix(account, error)) from error
    except BotoCoreError as error:
        what = f"{where} could not be asked: {_line(error)}"
        raise AccountUnusable(what, _fix(account, error)) from error


def _fix(account: Account, error: Exception) -> str:
    remedies = REMEDIES_HERE if account.environment else REMEDIES
    operation = str(getattr(error, "operation_name", "the call"))
    return f"{remedies[cause_of(error)].format(action=operation)}, {RESUMES}"
