"""A table to work on, and a network that can be cut."""

import socket
import struct
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Literal

import pytest

from vela.dsql import DsqlSettings, Pool

RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST

# before: the client's next bytes are not forwarded, and both sides are reset.
# after: they are forwarded, the server's answer is not, and both sides are reset.
# silence: nothing is forwarded and nobody hears why.
Fault = Literal["none", "before", "after", "silence"]


@dataclass(slots=True)
class Link:
    """One connection through the proxy."""

    client: socket.socket
    server: socket.socket
    fault: Fault = "none"

    def forward(self, source: socket.socket, sink: socket.socket, *, cut_on: Fault) -> None:
        """Move bytes one way until an end or a fault."""
        with suppress(OSError):
            while (data := source.recv(65536)) and self.fault != cut_on:
                if self.fault != "silence":
                    sink.sendall(data)
        if self.fault == cut_on:
            self.reset()
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        for sock in (self.client, self.server):
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                sock.shutdown(socket.SHUT_RD)  # wakes the thread that reads it
            sock.close()


@dataclass(slots=True)
class Wire:
    """A proxy on loopback whose connections can be made to fail."""

    upstream: tuple[str, int]
    links: list[Link] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=socket.socket)
    _threads: list[threading.Thread] = field(default_factory=list)

    def settings(self, direct: DsqlSettings) -> DsqlSettings:
        """The same cluster by way of the proxy."""
        port = self._listener.getsockname()[1]
        return replace(direct, host_address="127.0.0.1", port=port)

    def start(self) -> None:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._run(self._accept)

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()
        for thread in self._threads:
            thread.join(5)

    def fail(self, fault: Fault) -> None:
        """Make the connections that are open now fail; later ones are sound."""
        for link in self.links:
            link.fault = fault

    def reset(self) -> None:
        """Reset the connections that are open now."""
        for link in self.links:
            link.reset()

    def hang_up(self) -> None:
        """End the connections that are open now, politely, as a server does."""
        for link in self.links:
            link.client.shutdown(socket.SHUT_WR)

    def _run(self, target: Callable[..., None], *args: socket.socket, **kwargs: Fault) -> None:
        thread = threading.Thread(target=target, args=args, kwargs=kwargs, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self.upstream)
                link = Link(client, server)
                self.links.append(link)
                self._run(link.forward, client, server, cut_on="before")
                self._run(link.forward, server, client, cut_on="after")


@pytest.fixture
def pool(cluster) -> Iterator[Pool]:
    with Pool(cluster.settings, credentials=cluster.credentials) as pool:
        yield pool


@pytest.fixture
def table(cluster) -> Iterator[str]:
    """A table with one row (1, 0)."""
    name = f"t_{uuid.uuid4().hex}"
    with Pool(cluster.settings, credentials=cluster.credentials) as pool:
        with pool.connection() as conn:
            conn.execute(f"CREATE TABLE {name} (id int PRIMARY KEY, n int NOT NULL)".encode())
            conn.execute(f"INSERT INTO {name} VALUES (1, 0)".encode())
        yield name
        with pool.connection() as conn:
            conn.execute(f"DROP TABLE {name}".encode())


@pytest.fixture
def wire(cluster) -> Iterator[Wire]:
    """A proxy in front of the cluster."""
    host = cluster.settings.host_address or cluster.settings.endpoint.host
    wire = Wire((host, cluster.settings.port))
    wire.start()
    try:
        yield wire
    finally:
        wire.stop()


@pytest.fixture
def wired(cluster, wire) -> Iterator[Pool]:
    """A pool whose connections go through the proxy."""
    with Pool(wire.settings(cluster.settings), credentials=cluster.credentials) as pool:
        yield pool


@pytest.fixture
def black_hole() -> Iterator[Callable[[str, int], int]]:
    """Makes ports that take SYN and answer nothing: listeners whose queue is full."""
    with ExitStack() as stack:

        def make(host: str, port: int) -> int:
            listener, first, second = (stack.enter_context(socket.socket()) for _ in range(3))
            listener.bind((host, port))
            listener.listen(0)
            first.connect(listener.getsockname())  # fills the queue of one
            second.settimeout(0)
            second.connect_ex(listener.getsockname())
            return int(listener.getsockname()[1])

        yield make
