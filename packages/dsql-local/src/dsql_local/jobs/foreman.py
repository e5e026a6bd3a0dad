"""The workers of one server: one for each cluster whose PostgreSQL runs.

Law: whoever asks for a worker to be gone waits until it is.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from dsql_local.jobs.pace import Pace
from dsql_local.jobs.worker import work
from dsql_local.postgres.superuser import Superuser

NAME: Final = "dsql_local foreman"
# Whoever needed the database for himself is often followed by tests that have no jobs.
RETURN_S: Final = 0.05
# A job may wait for somebody's transaction, which nobody waits for.
CAUGHT_UP_S: Final = 5.0
POLL_S: Final = 0.01
UNFINISHED: Final = (
    "SELECT FROM pg_dsql_local.jobs WHERE status IN ('submitted', 'processing') LIMIT 1"
)


class Foreman:
    """Starts and ends workers."""

    def __init__(self, pace: Callable[[], Pace] = Pace) -> None:
        self._new_pace = pace
        self._paces: dict[str, Pace] = {}
        self._sockets: dict[str, Path] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    def pace(self, identifier: str) -> Pace:
        """How fast this cluster's jobs are carried out."""
        if identifier not in self._paces:
            self._paces[identifier] = self._new_pace()
        return self._paces[identifier]

    def begin(self, identifier: str, socket: Path, *, after_s: float = 0.0) -> None:
        """Work for a cluster whose PostgreSQL accepts connections."""
        self._sockets[identifier] = socket
        if identifier not in self._workers:
            coroutine = work(socket, self.pace(identifier), after_s=after_s)
            self._workers[identifier] = asyncio.create_task(coroutine)

    async def end(self, identifier: str) -> None:
        """Work for it no more."""
        self._sockets.pop(identifier, None)
        await self._dismiss(identifier)

    @contextlib.asynccontextmanager
    async def away(self, identifier: str) -> AsyncIterator[None]:
        """Be away while somebody needs the cluster's database for himself."""
        await self._dismiss(identifier)
        try:
            yield
        finally:
            if identifier in self._sockets:
                self.begin(identifier, self._sockets[identifier], after_s=RETURN_S)

    async def caught_up(self, identifier: str) -> None:
        """Wait for the jobs there are, unless they are held or somebody keeps them waiting."""
        socket = self._sockets.get(identifier)
        if socket is None or self.pace(identifier).held:
            return
        connection = await Superuser.connect(socket, name=NAME)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CAUGHT_UP_S):
                    while await connection.run(UNFINISHED):  # noqa: ASYNC110 - PostgreSQL tells the worker alone
                        await asyncio.sleep(POLL_S)
        finally:
            connection.close()

    async def close(self) -> None:
        """Work for nobody any more."""
        await asyncio.gather(*map(self.end, list(self._sockets)))

    async def _dismiss(self, identifier: str) -> None:
        worker = self._workers.pop(identifier, None)
        if worker is not None:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
