"""One client and its PostgreSQL: two transports and the session between them.

Law: moves bytes, decides nothing. Each side is paused while the other does not take what it is
sent.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from dsql_local.errors import DsqlLocalError
from dsql_local.server.admission import NOT_MAPPED
from dsql_local.server.house import House
from dsql_local.session.effects import (
    Authenticate,
    Cancel,
    Close,
    Effect,
    HoldClient,
    Issued,
    OpenBackend,
    ToBackend,
    ToClient,
    Unknown,
    WakeAt,
)
from dsql_local.session.session import Session
from dsql_local.wire.messages import TERMINATE, Problem
from dsql_local.wire.startup import CancelRequest

log = logging.getLogger(__name__)

ServerName = Callable[[ssl.SSLObject], str | None]


class Connection:
    """Carries out what one session wants."""

    def __init__(self, house: House, client: asyncio.Transport, host: str | None) -> None:
        self._house = house
        self._loop = asyncio.get_running_loop()
        self._host = host or ""
        self._backend: asyncio.Transport | None = None
        self._alarms: list[asyncio.TimerHandle] = []
        self._issued: CancelRequest | None = None
        self._socket = Path()
        self.client = client
        self._holders: set[str] = set()
        self._runtime = house.runtime_at(self._host)
        self.session = Session(
            turned_away=house.admission.turned_away(host)
            or self._runtime.turned_away(self._loop.time()),
            not_mapped=NOT_MAPPED,
            classifier=house.classifier,
            faults=self._runtime.faults,
        )
        house.connections.add(self)
        self._runtime.sessions.add(self)
        # A connection ends with its life, and says nothing.
        self._ends_at = self._now() + self._runtime.limits.connection_life_s
        self._wake_at(self._ends_at)
        self.do(self.session.begin(self._now()))

    def do(self, effects: list[Effect]) -> None:
        """Carry out *effects* in their order."""
        for effect in effects:
            match effect:
                case ToClient(data=data):
                    self.client.write(data)
                case ToBackend(data=data) if self._backend is not None:
                    self._backend.write(data)
                case _:
                    self._do_rarely(effect)

    def _do_rarely(self, effect: Effect) -> None:
        """Carry out what is not moving bytes."""
        match effect:
            case Authenticate(user=user, token=token):
                self.do(self._authenticate(user, token))
            case OpenBackend():
                self._house.keep(self._loop.create_task(self._open_backend()))
            case Issued(pid=pid, key=key):
                self._issued = CancelRequest(pid=pid, key=key)
                self._house.sessions[self._issued] = self._socket
            case Cancel(request=request):
                self._house.keep(self._loop.create_task(self._cancel(request)))
            case Close():
                self.close()
            case WakeAt() | HoldClient() | Unknown() as aside:
                self._do_aside(aside)
            case ToClient() | ToBackend():
                pass  # to a backend that is gone

    async def _cancel(self, request: CancelRequest) -> None:
        """Close once the signal is sent: until then the client keeps its next statement back."""
        await self._house.cancel(request)
        self.do(self.session.ended())

    def _do_aside(self, effect: WakeAt | HoldClient | Unknown) -> None:
        """Carry out what neither connection sees."""
        match effect:
            case WakeAt(time=at):
                self._wake_at(at)
            case HoldClient(hold=hold):
                self.hold_client("session", hold=hold)
            case Unknown(gap=gap, sql=sql):
                self._house.unknown.note(gap, sql)

    def _now(self) -> float:
        """The time by the cluster's clock, which a test may move."""
        return self._loop.time() + self._runtime.ahead

    def _wake_at(self, moment: float) -> None:
        self._alarms.append(self._loop.call_at(moment - self._runtime.ahead, self.time_passed))

    def time_passed(self) -> None:
        """Do what is due."""
        if self._now() >= self._ends_at:
            self.do(self.session.ended())
        else:
            self.do(self.session.tick(self._now()))

    def _authenticate(self, user: str, token: str) -> list[Effect]:
        now = time.time() + self._runtime.faults.at_authentication()
        try:
            verdict = self._house.admission.decide(self._host, user=user, token=token, now=now)
        except DsqlLocalError as error:  # a cluster to be woken, and no room to note it
            return self._unable(error)
        if isinstance(verdict, Problem):
            return self.session.refused(verdict)
        return self.session.granted(verdict)

    def _unable(self, error: Exception) -> list[Effect]:
        """Tell the client, and whoever looks at the server, what the machine lacks."""
        log.warning("a connection to %s failed: %s", self._host, error)
        message = f"unable to accept connection, {error}"
        return self.session.refused(Problem(sqlstate="58000", message=message))

    async def _open_backend(self) -> None:
        cluster = self._house.admission.cluster_of(self._host)
        try:
            if cluster is None:
                raise ConnectionRefusedError("the cluster was deleted")
            self._socket = await self._house.instances.socket(cluster.identifier)
            await self._loop.create_unix_connection(lambda: BackendSide(self), str(self._socket))
        except (DsqlLocalError, OSError) as error:
            self.do(self._unable(error))

    def backend_made(self, transport: asyncio.Transport) -> None:
        """Take the connection to PostgreSQL."""
        self._backend = transport
        if self.session.closed:
            self.close()
        else:
            self.do(self.session.backend_opened())

    def from_client(self, data: bytes) -> None:
        """Take bytes from the client."""
        self.do(self.session.from_client(data, self._now()))

    def from_backend(self, data: bytes) -> None:
        """Take bytes from PostgreSQL."""
        self.do(self.session.from_backend(data, self._now()))

    def hold_client(self, holder: str, *, hold: bool) -> None:
        """Read nothing of what the client sends while there is one who holds it."""
        (self._holders.add if hold else self._holders.discard)(holder)
        _hold(self.client, hold=bool(self._holders))

    def hold_backend(self, *, hold: bool) -> None:
        """Stop or go on reading what PostgreSQL sends."""
        if self._backend is not None:
            _hold(self._backend, hold=hold)

    def close(self) -> None:
        """Close both sides, once what was written is sent."""
        self._house.connections.discard(self)
        self._runtime.sessions.discard(self)
        if self._issued is not None:
            self._house.sessions.pop(self._issued, None)
        for alarm in self._alarms:
            alarm.cancel()
        self.client.close()
        if self._backend is not None:
            self._backend.write(TERMINATE)
            self._backend.close()
            self._backend = None


def _hold(transport: asyncio.Transport, *, hold: bool) -> None:
    if transport.is_closing():
        return
    if hold:
        transport.pause_reading()
    else:
        transport.resume_reading()


class ClientSide(asyncio.Protocol):
    """The client's transport; the TLS handshake is over when it is made."""

    def __init__(self, house: House, server_name: ServerName) -> None:
        self._house = house
        self._server_name = server_name
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session for the name the client asked for."""
        host = self._server_name(transport.get_extra_info("ssl_object"))
        self._connection = Connection(self._house, cast(asyncio.Transport, transport), host)

    def data_received(self, data: bytes) -> None:
        """Hand the client's bytes over."""
        if self._connection is not None:
            self._connection.from_client(data)

    def pause_writing(self) -> None:
        """The client does not keep up."""
        if self._connection is not None:
            self._connection.hold_backend(hold=True)

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._connection is not None:
            self._connection.hold_backend(hold=False)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it went changes nothing
        """End what has no client."""
        if self._connection is not None:
            self._connection.do(self._connection.session.ended())


class BackendSide(asyncio.Protocol):
    """PostgreSQL's transport."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log in."""
        self._connection.backend_made(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        """Hand PostgreSQL's bytes over."""
        self._connection.from_backend(data)

    def pause_writing(self) -> None:
        """PostgreSQL does not keep up."""
        self._connection.hold_client("PostgreSQL", hold=True)

    def resume_writing(self) -> None:
        """PostgreSQL has caught up."""
        self._connection.hold_client("PostgreSQL", hold=False)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it went changes nothing
        """End what has no backend."""
        self._connection.do(self._connection.session.ended())
