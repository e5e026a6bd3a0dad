"""Every cluster's baseline, for tests that want each to begin alike.

Law: a cluster is known by its identifier, and its PostgreSQL is started if it does not run.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from dsql_local.postgres.baseline import Baseline


class Baselines:
    """The baselines of one server's clusters."""

    def __init__(self, socket_of: Callable[[str], Awaitable[Path]]) -> None:
        self._socket_of = socket_of
        self._baselines: dict[str, Baseline] = {}

    async def of(self, identifier: str) -> Baseline:
        """The cluster's; whether one has been set is another question."""
        socket = await self._socket_of(identifier)
        return self._baselines.setdefault(identifier, Baseline(socket))

    def close(self) -> None:
        """End the connections kept for speed."""
        for baseline in self._baselines.values():
            baseline.close()
