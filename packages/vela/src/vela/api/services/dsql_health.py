"""Whether the database answers, asked no more often than needed.

Law: what a probe showed is a value, success or failure alike; strangers share one value for two seconds
and never cause two queries at once, so nobody can use the public check to load the database.
"""

import logging
import threading
import time
from collections.abc import Callable

from vela.api.failure_fields import as_fields
from vela.dsql.health import Healthy
from vela.errors import VelaError

log = logging.getLogger(__name__)

DEADLINE_S = 5.0
SHARE_S = 2.0

Outcome = Healthy | VelaError


class DsqlHealth:
    """The database's health: shared by strangers, fresh for those who may know more."""

    def __init__(
        self, probe: Callable[[], Healthy], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._probe = probe
        self._clock = clock
        self._lock = threading.Lock()
        self._outcome: Outcome | None = None
        self._until = float("-inf")

    def shared(self) -> Outcome:
        """The outcome of at most two seconds ago; whoever comes during a probe gets its outcome."""
        with (
            self._lock
        ):  # held during the probe: that is the single flight; its deadline bounds the wait
            if self._outcome is None or self._clock() >= self._until:
                self._outcome = self.fresh()
                self._until = self._clock() + SHARE_S
            return self._outcome

    def fresh(self) -> Outcome:
        """The outcome of a probe made now; a failure writes one line."""
        started = self._clock()
        try:
            return self._probe()
        except VelaError as error:
            elapsed_ms = round((self._clock() - started) * 1000, 3)
            log.error(  # noqa: TRY400 - not a bug: the fields say it all
                "dsql.health.failed", extra=as_fields(error) | {"elapsed_ms": elapsed_ms}
            )
            return error
