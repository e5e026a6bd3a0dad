"""Typed messages: one byte of type, four of length, a body.

Law: never raises on peer input. What a peer sends becomes frames and, where it breaks the
protocol, one `Violation`, which is the last thing that comes. How the network cuts the bytes
changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

HEADER = Struct(">BI")
LENGTH = Struct(">I")
# The length counts itself.
SHORTEST = 4

# Aurora DSQL drops a connection that sends more in one message.
MAX_MESSAGE = 10 * 1024 * 1024
# PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH; a token with a session token takes 2 kB.
MAX_PASSWORD = 65_535

# Query, Parse, Bind, Execute, Describe, Close, Sync, Flush, FunctionCall, CopyData, CopyDone,
# CopyFail, Terminate, and the answer to an authentication request.
FRONTEND_TYPES = frozenset(b"QPBEDCSHFdcfXp")


class Frame(NamedTuple):
    """One whole message; `raw` holds its header too."""

    type: int
    raw: bytes

    @property
    def body(self) -> bytes:
        """What follows the header."""
        return self.raw[HEADER.size :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """The peer broke the protocol; None in `message` means it is not worth an answer."""

    message: str | None


def frame(type_: bytes, body: bytes) -> bytes:
    """Encode one message."""
    return type_ + LENGTH.pack(len(body) + SHORTEST) + body


class FrameReader:
    """Cuts what a frontend sends into whole messages."""

    def __init__(self, *, limit: int = MAX_MESSAGE) -> None:
        self.limit = limit
        self._buffer = bytearray()
        self._needed = HEADER.size
        self._broken = False

    def feed(self, data: bytes) -> list[Frame | Violation]:
        """Take *data* and return what is whole now."""
        if self._broken:
            return []
        self._buffer += data
        if len(self._buffer) < self._needed:
            return []
        return list(self._cut())

    def _cut(self) -> Iterator[Frame | Violation]:
        data, position = bytes(self._buffer), 0
        self._needed = HEADER.size
        while len(data) - position >= HEADER.size:
            type_, length = HEADER.unpack_from(data, position)
            if violation := self._judge(type_, length):
                self._broken = True
                position = len(data)
                yield violation
                break
            end = position + 1 + length
            if end > len(data):
                self._needed = end - position
                break
            yield Frame(type_, data[position:end])
            position = end
        del self._buffer[:position]

    def _judge(self, type_: int, length: int) -> Violation | None:
        if type_ not in FRONTEND_TYPES:
            return Violation(message=f"invalid frontend message type {type_}")
        if length < SHORTEST:
            return Violation(message="invalid message length")
        if length > self.limit:
            return Violation(message=None)
        return None


class Scanner:
    """Walks what the backend sends: a few types are taken out whole, the rest passes as it is.

    The backend is PostgreSQL itself and its messages are well formed; they may be huge, so those
    that nobody wants to see are never gathered.
    """

    def __init__(self, wanted: bytes) -> None:
        self.wanted = frozenset(wanted)
        self._carry = b""
        self._passing = 0

    def rest(self) -> bytes:
        """Give up what is not a whole message yet."""
        rest, self._carry = self._carry, b""
        return rest

    def feed(self, data: bytes) -> Iterator[Frame | bytes]:
        """Yield wanted frames, and between them the bytes to pass on; `wanted` may change."""
        data = self._carry + data if self._carry else data
        start, position = 0, self._passing
        while position + HEADER.size <= len(data):
            type_, length = HEADER.unpack_from(data, position)
            end = position + 1 + length
            if type_ in self.wanted:
                if end > len(data):
                    break
                if start < position:
                    yield data[start:position]
                yield Frame(type_, data[position:end])
                start = end
            position = end
        passed = min(position, len(data))
        self._passing = position - passed
        self._carry = data[passed:]
        if start < passed:
            yield data[start:passed]
