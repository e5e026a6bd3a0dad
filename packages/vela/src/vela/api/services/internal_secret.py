"""The secret that tells an operator's call from a stranger's.

Law: a caller is authorised only by a secret that was read and compared in constant time; whatever goes
wrong on the way makes the caller a stranger and is logged. Neither secret nor offer is ever logged.
"""

import hmac
import logging
import threading
from collections.abc import Callable
from typing import Any

from vela.api.failure_fields import as_fields
from vela.dsql.deadline import Clocks, Moment, between
from vela.errors import SecretUnreadable, SettingsError, VelaError

log = logging.getLogger(__name__)

#: A rotated secret is picked up after this long at the latest. Also bounds what a flood of wrong
#: offers can cost: one read per instance and period.
KEEP_S = 60.0
#: After a failed read, how long nobody is authorised before the next try.
RETRY_S = 5.0


class InternalSecret:
    """The secret as last read, and when to read it again."""

    def __init__(self, read: Callable[[], str], *, clocks: Clocks | None = None) -> None:
        self._read = read
        self._clocks = clocks or Clocks()
        self._lock = threading.Lock()
        self._last: tuple[Moment, str | None] | None = None

    def matches(self, offered: str) -> bool:
        """Whether *offered* is the secret; False too when the secret cannot be read."""
        secret = self._current()
        if secret is None:
            return False
        offer = offered.encode(errors="surrogatepass")  # a header may hold any code point
        matched = hmac.compare_digest(offer, secret.encode())
        if not matched:
            log.warning("internal_secret.refused")
        return matched

    def _current(self) -> str | None:
        with self._lock:
            now = self._clocks.read()
            if self._last is None or between(self._last[0], now) >= _keep_s(self._last[1]):
                value = self._reread()
                self._last = (self._clocks.read(), value)
            return self._last[1]

    def _reread(self) -> str | None:
        try:
            return self._read() or None  # an empty secret authorises nobody
        except VelaError as error:
            log.error(  # noqa: TRY400 - not a bug: the fields say it all
                "internal_secret.unreadable", extra=as_fields(error)
            )
            return None


def _keep_s(value: str | None) -> float:
    return RETRY_S if value is None else KEEP_S


def secrets_manager(arn: str) -> Callable[[], str]:
    """Give a function that reads the secret *arn* from Secrets Manager."""

    def read() -> str:
        if not arn:
            raise SettingsError("INTERNAL_SECRET_ARN is not set", "Set it to the secret's ARN")
        return _secret_string(arn)

    return read


def _secret_string(arn: str) -> str:
    # Imported here: 200 ms and more that only a caller with a token pays for, once.
    # botocore and not boto3: both runtimes have it, and the client is the same.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    # At INFO it tells where it found credentials and endpoint: not an event of this application.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
    try:
        client: Any = get_session().create_client(
            "secretsmanager", region_name=_region(arn), config=config
        )
        return str(client.get_secret_value(SecretId=arn)["SecretString"])
    except (BotoCoreError, ClientError, KeyError) as error:
        raise SecretUnreadable(
            f"the internal secret could not be read: {type(error).__name__}: {error}",
            f"Check that {arn} exists with a text value, that the function's role may call "
            "secretsmanager:GetSecretValue on it, and that its VPC endpoint admits the function",
        ) from error


def _region(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) != 7 or parts[2] != "secretsmanager":  # noqa: PLR2004 - the parts of such an ARN
        raise SettingsError(
            "INTERNAL_SECRET_ARN is not the ARN of a secret",
            "Set it to arn:aws:secretsmanager:<region>:<account>:secret:<name>",
        )
    return parts[3]
