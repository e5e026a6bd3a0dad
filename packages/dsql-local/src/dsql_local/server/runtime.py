"""What one server knows of a cluster beside its data: faults, sessions, and how time passes.

Law: nothing here outlives the server. A cluster's clock is the machine's and what tests added.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dsql_local.dialect.limits import Limits
from dsql_local.faults import Faults
from dsql_local.jobs.foreman import Foreman
from dsql_local.server.attendance import Attendance
from dsql_local.wire.messages import Problem


class Aging(Protocol):
    """A session, as far as time goes."""

    def time_passed(self) -> None:
        """Do what is due."""


@dataclass(slots=True, kw_only=True)
class Runtime:
    """One cluster's."""

    limits: Limits
    attendance: Attendance
    faults: Faults = field(default_factory=Faults)
    sessions: set[Aging] = field(default_factory=set)
    ahead: float = 0.0
    # How far ahead the clock was when the cluster's baseline was set.
    ahead_at_baseline: float = 0.0

    def turned_away(self, now: float) -> Problem | None:
        """Why a connection that comes now is refused."""
        refused = self.attendance.refused(present=len(self.sessions), now=now + self.ahead)
        return self.faults.at_connect() or refused

    def advance(self, seconds: float) -> None:
        """Let time pass for every session."""
        self.ahead += seconds
        for session in list(self.sessions):
            session.time_passed()


class Runtimes:
    """Those of all clusters of a server."""

    def __init__(
        self, limits: Limits, *, foreman: Foreman, socket_of: Callable[[str], Awaitable[Path]]
    ) -> None:
        self._limits = limits
        self.foreman = foreman
        self.socket_of = socket_of
        self._known: dict[str, Runtime] = {}

    def of(self, identifier: str) -> Runtime:
        """The cluster's; of a name no cluster has, one of its own."""
        if identifier not in self._known:
            runtime = Runtime(limits=self._limits, attendance=Attendance(self._limits))
            if not identifier:
                return runtime
            self._known[identifier] = runtime
        return self._known[identifier]

    def forget(self, identifier: str) -> None:
        """The cluster is gone."""
        self._known.pop(identifier, None)
