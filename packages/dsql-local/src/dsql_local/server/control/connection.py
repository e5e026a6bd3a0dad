"""One HTTP/1.1 connection: h11 speaks the protocol, this moves the bytes.

Law: nothing here knows what a request is about. Head, body and time have limits; what breaks the
protocol or a limit is answered if it can be, and ends the connection.
"""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11

from dsql_local.server.control.exchange import JSON_TYPE, ApiError, Request, Response

CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may ask of a connection, in bytes and seconds."""

    head: int = 32_768  # an AWS SDK's headers with a session token take about 4 KiB
    body: int = 1_048_576  # IAM allows a role less than 100 KiB of policies
    request_s: float = 30.0  # to send a whole request, or to take an answer
    idle_s: float = 120.0  # between requests
    linger_s: float = 1.0  # to take an answer given before the request was all sent


DEFAULT_LIMITS: Final = Limits()
Answer = Callable[[Request], Awaitable[Response]]


class Connection:
    """A client's connection, from accept to close."""

    def __init__(
        self,
        reader: StreamReader,
        writer: StreamWriter,
        answer: Answer,
        *,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._limits = limits
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head)
        self._method = b""

    async def serve(self) -> None:
        """Answer requests until either side has had enough."""
        try:
            while await self._serve_one():
                self._http.start_next_cycle()
        except OSError:  # the client went away, or reads too slowly: nothing is left to send it
            self._writer.transport.abort()
        finally:
            self._writer.close()

    async def _serve_one(self) -> bool:
        """Answer one request; False if it was the last."""
        if not await self._awaken():
            return False
        try:
            async with asyncio.timeout(self._limits.request_s):
                request = await self._request()
        except TimeoutError:
            response = ApiError(
                408, "RequestTimeoutException", "The request came too slowly."
            ).response
        except h11.RemoteProtocolError as error:
            response = _unreadable(error.error_status_hint)
        except ApiError as error:
            response = error.response
        else:
            response = await self._answer(request)
        return not self._writer.is_closing() and await self._respond(response)

    async def _awaken(self) -> bool:
        """Wait for the first bytes of a request; False if none come."""
        if self._http.trailing_data[0]:  # sent together with the request before
            return True
        try:
            async with asyncio.timeout(self._limits.idle_s):
                data = await self._reader.read(CHUNK)
        except TimeoutError:
            return False
        self._http.receive_data(data)
        return bool(data)

    async def _request(self) -> Request:
        match await self._next_event():
            case h11.Request() as head:
                self._method = head.method
            case other:
                raise h11.RemoteProtocolError(f"no request but {other!r}")
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > self._limits.body:
                message = f"The body is longer than {self._limits.body} bytes."
                raise ApiError(413, "RequestEntityTooLargeException", message)
        path, _, query = head.target.decode("latin-1").partition("?")
        return Request(
            method=head.method.decode("latin-1"),
            path=path,
            query=query,
            headers={k.decode("latin-1"): v.decode("latin-1") for k, v in head.headers},
            body=bytes(body),
        )

    async def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._writer.write(self._http.send(_CONTINUE) or b"")
            self._http.receive_data(await self._reader.read(CHUNK))
        return event

    async def _respond(self, response: Response) -> bool:
        """Send *response*; True if the connection can be used again."""
        complete = self._http.their_state is h11.DONE
        headers = {
            "Content-Type": JSON_TYPE,
            "Content-Length": str(len(response.body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **({} if complete else {"Connection": "close"}),
            **response.headers,
        }
        head = h11.Response(
            status_code=response.status,
            reason=HTTPStatus(response.status).phrase.encode(),
            headers=list(headers.items()),
        )
        body = b"" if self._method == b"HEAD" else response.body
        events = [head, h11.Data(data=body), h11.EndOfMessage()]
        self._writer.write(b"".join(self._http.send(event) or b"" for event in events))
        async with asyncio.timeout(self._limits.request_s):
            await self._writer.drain()
        if self._http.our_state is h11.DONE and complete:
            return True
        await self._linger()
        return False

    async def _linger(self) -> None:
        """Read on for a moment: closing on unread bytes would reset the answer away."""
        self._writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.linger_s):
                while await self._reader.read(CHUNK):
                    pass


_CONTINUE: Final = h11.InformationalResponse(status_code=100, headers=[])


def _unreadable(status: int) -> Response:
    too_long = status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    message = "The request's head is too long." if too_long else "The request is not HTTP/1.1."
    return ApiError(status, "BadRequestException", message).response
