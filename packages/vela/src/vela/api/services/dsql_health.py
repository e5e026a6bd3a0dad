"""Whether the database answers, asked no more often than needed.

Law: what a probe showed is a value, success or failure alike; strangers share one value for two seconds
and never cause two queries at once, so nobody can use the public check to load the database.
"""

import logging
import threading
from collections.abc import Callable

from vela.api.failure_fields import as_fields
from vela.dsql.deadline import Clocks, Moment, between
from vela.dsql.health import Healthy
from vela.errors import VelaError

log = logging.getLogger(__name__)

DEADLINE_S = 5.0
SHARE_S = 2.0

Outcome = Healthy | VelaError


class DsqlHealth:
    """The database's health: shared by strangers, fresh for those who may know more."""

    def __init__(self, probe: Callable[[], Healthy], *, clocks: Clocks | None = None) -> None:
        self._probe = probe
        self._clocks = clocks or Clocks()
        self._lock = threading.Lock()
        self._shared: tuple[Moment, Outcome] | None = None

    def shared(self) -> Outcome:
        """The outcome of at most two seconds ago; whoever comes during a probe gets its outcome."""
        with (
            self._lock
        ):  # held during the probe: that is the single flight; its deadline bounds the wait
            if self._shared and between(self._shared[0], self._clocks.read()) < SHARE_S:
                return self._shared[1]
            outcome = self.fresh()
            self._shared = (self._clocks.read(), outcome)
            return outcome

    def fresh(self) -> Outcome:
        """The outcome of a probe made now; a failure writes one line, a success none."""
        started = self._clocks.read()
        try:
            return self._probe()
        except VelaError as error:
            elapsed_ms = round(between(started, self._clocks.read()) * 1000, 3)
            log.error(  # noqa: TRY400 - not a bug: the fields say it all
                "dsql.health.failed", extra=as_fields(error) | {"elapsed_ms": elapsed_ms}
            )
            return error
