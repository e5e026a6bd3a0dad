"""What all connections of one server share."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dsql_local.dialect.classifier import Classifier
from dsql_local.server.admission import Admission
from dsql_local.server.instances import Instances
from dsql_local.server.runtime import Runtime, Runtimes
from dsql_local.server.unknown import UnknownStatements
from dsql_local.wire.startup import CancelRequest, encode_cancel


class Closable(Protocol):
    """A connection, as far as ending it goes."""

    def close(self) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One server's clusters and who is connected to them."""

    admission: Admission
    instances: Instances
    runtimes: Runtimes
    classifier: Classifier
    unknown: UnknownStatements
    # Where the PostgreSQL is that issued a cancel key: process ids are unique on the machine.
    sessions: dict[CancelRequest, Path] = field(default_factory=dict)
    connections: set[Closable] = field(default_factory=set)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def runtime_at(self, host: str) -> Runtime:
        """What is known of the cluster with this endpoint."""
        cluster = self.admission.cluster_of(host)
        return self.runtimes.of(cluster.identifier if cluster else "")

    def keep(self, task: "asyncio.Task[None]") -> None:
        """Hold a task until it is done: the loop itself does not."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def cancel(self, request: CancelRequest) -> None:
        """Pass a cancel request on; who does not know a key learns nothing."""
        path = self.sessions.get(request)
        if path is None:
            return
        with contextlib.suppress(OSError):  # PostgreSQL is gone, and with it what to cancel
            reader, writer = await asyncio.open_unix_connection(str(path))
            try:
                writer.write(encode_cancel(request))
                await reader.read()  # PostgreSQL closes once the signal is sent
            finally:
                writer.close()

    async def close(self) -> None:
        """Give up what is under way, so that nothing starts a PostgreSQL any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
