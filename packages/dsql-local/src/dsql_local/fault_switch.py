"""Faults by request: what a test of an application wants to go wrong next.

Law: each call is one request to the server's control endpoint and is over when it returns; what
is armed is met in the order it was armed in, and lasts until it is met, cleared, or the server ends.
"""

from typing import Any, Protocol

from dsql_local.faults.named import FaultName, Occasion


class Controlled(Protocol):
    """A cluster whose server can be asked; an `Endpoint` is one."""

    @property
    def identifier(self) -> str:
        """The cluster's identifier."""

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request to the control endpoint."""


class FaultSwitch:
    """Arms faults on one cluster."""

    def __init__(self, cluster: Controlled) -> None:
        self._cluster = cluster

    def arm(
        self, fault: FaultName, *, times: int = 1, seconds: float = 0.0, at: Occasion = "commit"
    ) -> None:
        """Have this happen the next *times* times.

        *seconds* is how long a delay takes; *at* whether a transaction that finds the schema
        changed learns it when it commits or from its next statement.
        """
        asked = {"fault": fault, "times": times, "seconds": seconds, "at": at}
        self._send("POST", "faults", asked)

    def armed(self) -> dict[str, int]:
        """Tell what has not been met yet, and how often it will be."""
        found: dict[str, int] = self._send("GET", "faults")["armed"]
        return found

    def clear(self) -> None:
        """Disarm all, let jobs go, and wake the cluster."""
        self._send("DELETE", "faults")
        self.hold_jobs(held=False)
        self._send("PUT", "status", {"status": "ACTIVE"})

    def advance(self, seconds: float) -> None:
        """Let time pass for the cluster's sessions, transactions and jobs."""
        self._send("POST", "clock", {"advance_s": seconds})

    def hold_jobs(self, *, held: bool = True) -> None:
        """Keep jobs from being carried out, or let them go."""
        self._send("PUT", "jobs", {"held": held})

    def put_to_sleep(self) -> None:
        """Make the cluster inactive: the next connection finds it waking up."""
        self._send("PUT", "status", {"status": "INACTIVE"})

    def _send(self, method: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._cluster.control(method, f"/clusters/{self._cluster.identifier}/{what}", body)
