"""The port: accepting, and what is said before TLS.

Law: reads exactly the packets that ask for encryption and not one byte of TLS, so both ways to
begin (an SSLRequest, or TLS at once) come to the same handshake on the untouched socket, and
plaintext sent ahead of it can never be taken for a part of the session. One bad client costs its
own connection and nothing else.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from enum import Enum, auto
from weakref import WeakKeyDictionary

from dsql_local.server.admission import TLS_ONLY
from dsql_local.server.connection import ClientSide
from dsql_local.server.house import House
from dsql_local.wire import startup
from dsql_local.wire.frames import Violation
from dsql_local.wire.messages import Problem

log = logging.getLogger(__name__)

# From the first byte to the end of the TLS handshake. A handshake takes milliseconds.
HANDSHAKE_TIMEOUT_S = 15.0
BACKLOG = 512
# How long to wait before accepting again when the process is out of file descriptors.
EXHAUSTED_PAUSE_S = 0.1
# How long a client that was told its error may take to read it.
LINGER_S = 2.0
ACCEPTED, NOT_ACCEPTED = b"S", b"N"


class Step(Enum):
    """What follows an answer given before TLS."""

    AGAIN = auto()
    TLS = auto()
    END = auto()


class Listener:
    """Accepts connections until it is closed."""

    def __init__(self, sock: socket.socket, *, tls: ssl.SSLContext, house: House) -> None:
        self._sock = sock
        self._house = house
        self._tls = tls
        self._names: WeakKeyDictionary[ssl.SSLObject, str] = WeakKeyDictionary()
        tls.sni_callback = self._note_name
        self._loop = asyncio.get_running_loop()
        self._accepting = self._loop.create_task(self._accept())

    async def close(self) -> None:
        """Stop accepting."""
        self._accepting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._accepting
        self._sock.close()

    def _note_name(self, tls: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is not None:
            self._names[tls] = name.lower()

    async def _accept(self) -> None:
        while True:
            try:
                client, _ = await self._loop.sock_accept(self._sock)
            except OSError as error:
                log.warning("cannot accept a connection: %s", error)
                await asyncio.sleep(EXHAUSTED_PAUSE_S)
                continue
            self._house.keep(self._loop.create_task(self._receive(client)))

    async def _receive(self, client: socket.socket) -> None:
        """Bring one client through the TLS handshake, or end it."""
        client.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                if await self._wants_tls(client):
                    await self._loop.connect_accepted_socket(
                        self._session,
                        client,
                        ssl=self._tls,
                        ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S,
                    )
                    return  # the transport owns the socket now
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            log.debug("a client did not complete the handshake: %s", error)
        client.close()

    def _session(self) -> ClientSide:
        return ClientSide(self._house, self._names.get)

    async def _wants_tls(self, client: socket.socket) -> bool:
        """Answer what is asked before TLS; whether TLS comes next."""
        step = Step.AGAIN
        while step is Step.AGAIN:
            first = await self._peek(client)
            if first is None or first == startup.TLS_HANDSHAKE:
                return first is not None
            packet = await self._packet(client)
            if isinstance(packet, startup.CancelRequest):
                await self._house.cancel(packet)
                return False
            answer, step = _answered(packet)
            await self._loop.sock_sendall(client, answer)
        if step is Step.END:
            await self._linger(client)
        return step is Step.TLS

    async def _linger(self, client: socket.socket) -> None:
        """Let an error be read: closing with input unread would reset the connection."""
        client.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(LINGER_S):
            while await self._loop.sock_recv(client, startup.MAX_STARTUP):
                pass

    async def _peek(self, client: socket.socket) -> int | None:
        """Look at the next byte without taking it; None at the end."""
        await self._readable(client)
        return next(iter(client.recv(1, socket.MSG_PEEK)), None)

    async def _packet(
        self, client: socket.socket
    ) -> startup.EncryptionRequest | startup.CancelRequest | startup.StartupMessage | Violation:
        data = await self._exactly(client, startup.CODES.size)
        length = startup.length_of(data)
        if isinstance(length, Violation) or length is None:
            return length or Violation(message="incomplete startup packet")
        data += await self._exactly(client, length - len(data))
        return (
            startup.parse(data)
            if len(data) == length
            else Violation(message="incomplete startup packet")
        )

    async def _exactly(self, client: socket.socket, count: int) -> bytes:
        """Take *count* bytes; fewer only at the end."""
        data = b""
        while len(data) < count and (more := await self._loop.sock_recv(client, count - len(data))):
            data += more
        return data

    async def _readable(self, client: socket.socket) -> None:
        ready = asyncio.Event()
        self._loop.add_reader(client.fileno(), ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_reader(client.fileno())


def _answered(
    packet: startup.EncryptionRequest | startup.StartupMessage | Violation,
) -> tuple[bytes, Step]:
    match packet:
        case startup.EncryptionRequest(gss=gss):
            return (NOT_ACCEPTED, Step.AGAIN) if gss else (ACCEPTED, Step.TLS)
        case startup.StartupMessage():
            return TLS_ONLY.encode(), Step.END
        case Violation(message=text):
            problem = Problem(sqlstate="08P01", message=text or "protocol violation")
            return problem.encode(), Step.END
