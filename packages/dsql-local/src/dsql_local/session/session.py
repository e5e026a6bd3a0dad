"""One client's session: two mouths, one mind.

Law: pure. Bytes and answers in, effects out, in order; time is an argument. Nothing a client
sends makes it raise, and after `Close` nothing comes any more.
"""

from dsql_local.dialect.classifier import Classifier
from dsql_local.faults import Faults
from dsql_local.session.effects import Close, Effect, WakeAt
from dsql_local.session.login import Login, Phase
from dsql_local.session.relay import Relay
from dsql_local.wire.messages import Problem

# PostgreSQL's authentication_timeout.
LOGIN_TIMEOUT_S = 60.0


class Session:
    """What happens between a client inside TLS and its PostgreSQL."""

    def __init__(
        self,
        *,
        turned_away: Problem | None,
        not_mapped: Problem,
        classifier: Classifier,
        faults: Faults,
    ) -> None:
        self._classifier = classifier
        self._faults = faults
        self._login = Login(turned_away=turned_away, not_mapped=not_mapped)
        self._relay: Relay | None = None
        self._deadline = 0.0
        self.closed = False

    def begin(self, now: float) -> list[Effect]:
        """Start the clock."""
        self._deadline = now + LOGIN_TIMEOUT_S
        return [WakeAt(time=self._deadline)]

    def tick(self, now: float) -> list[Effect]:
        """Let time pass."""
        if self._relay is None and now >= self._deadline:
            text = "canceling authentication due to timeout"
            return self.refused(Problem(sqlstate="57014", message=text))
        return self._said(self._relay.tick(now)) if self._relay else []

    def from_client(self, data: bytes, now: float) -> list[Effect]:
        """Take bytes from the client."""
        if self._relay is not None:
            return self._said(self._relay.from_client(data, now))
        return self._said(self._login.from_client(data))

    def from_backend(self, data: bytes, now: float) -> list[Effect]:
        """Take bytes from PostgreSQL."""
        if self._relay is not None:
            return self._said(self._relay.from_backend(data, now))
        effects = self._login.from_backend(data)
        if self._login.phase is Phase.DONE:
            self._relay = Relay(self._classifier, self._faults)
            effects += self._relay.from_client(self._login.ahead, now)
            effects += self._relay.from_backend(self._login.behind, now)
        return self._said(effects)

    def granted(self, principal: str) -> list[Effect]:
        """Take the answer to `Authenticate`: yes, and who it is."""
        return self._said(self._login.granted(principal))

    def refused(self, problem: Problem) -> list[Effect]:
        """Take the answer to `Authenticate` or `OpenBackend`: no."""
        return self._said(self._login.refused(problem))

    def backend_opened(self) -> list[Effect]:
        """Take the answer to `OpenBackend`: connected."""
        return self._said(self._login.backend_opened())

    def ended(self) -> list[Effect]:
        """Take it that one of the two connections is gone: the other has no use."""
        return self._said([Close()])

    def _said(self, effects: list[Effect]) -> list[Effect]:
        if self.closed:
            return []
        self.closed = any(isinstance(effect, Close) for effect in effects)
        return effects
