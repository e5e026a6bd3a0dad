"""The control endpoint: a listening socket on loopback.

Law: it composes routes and connections, and once closed leaves no task behind.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Mapping

from dsql_local.server.baselines import Baselines
from dsql_local.server.control.connection import Connection
from dsql_local.server.control.control import Control
from dsql_local.server.control.exchange import Request, Response
from dsql_local.server.control.routes import answer
from dsql_local.server.registry import Registry
from dsql_local.server.runtime import Runtimes
from dsql_local.server.unknown import UnknownStatements

Connections = Mapping[asyncio.Task[None], StreamWriter]


class ControlServer:
    """A running control endpoint."""

    def __init__(self, server: asyncio.Server, connections: Connections) -> None:
        self._server = server
        self._connections = connections
        self.port = int(server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end every connection; a request being answered is still carried out."""
        self._server.close()
        for writer in self._connections.values():
            writer.transport.abort()
        await asyncio.gather(*self._connections)
        await self._server.wait_closed()


async def start_control(
    registry: Registry,
    *,
    baselines: Baselines,
    runtimes: Runtimes,
    host: str,
    port: int,
    secret: str,
    on_cluster_deleted: Callable[[str], Awaitable[None]],
    now: Callable[[], float],
    unknown: UnknownStatements,
) -> ControlServer:
    """Listen on *host* and *port* (0: any free one) for callers who know *secret*."""
    if not secret:
        raise ValueError("the control endpoint needs a secret")
    control = Control(
        registry=registry,
        baselines=baselines,
        runtimes=runtimes,
        secret=secret,
        on_cluster_deleted=on_cluster_deleted,
        now=now,
        unknown=unknown,
    )
    connections: dict[asyncio.Task[None], StreamWriter] = {}

    async def respond(request: Request) -> Response:
        return await answer(control, request)

    def connected(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.create_task(Connection(reader, writer, respond).serve())
        connections[task] = writer
        task.add_done_callback(connections.pop)

    return ControlServer(await asyncio.start_server(connected, host, port), connections)
