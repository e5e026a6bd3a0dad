"""What comes before typed messages: encryption requests, cancel requests, the startup message.

Law: as in `frames`. These packets have no type byte; their first word is a length, their second
a protocol version or one of three codes that no version will have.
"""

from dataclasses import dataclass
from struct import Struct

from dsql_local.wire.frames import Violation

CODES = Struct(">II")
KEYS = Struct(">II")
# PostgreSQL's MAX_STARTUP_PACKET_LENGTH: reached by nobody who has not been authenticated yet.
MAX_STARTUP = 10_000
# The first byte of a TLS handshake record, where a startup packet has the top of a length.
TLS_HANDSHAKE = 0x16

CANCEL, SSL, GSS = 80_877_102, 80_877_103, 80_877_104
PROTOCOL_MAJOR = 3
# The newest minor version spoken here.
PROTOCOL_MINOR = 0
PROTOCOL_VERSION = PROTOCOL_MAJOR << 16 | PROTOCOL_MINOR


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionRequest:
    """A client asks whether it may talk over TLS (or GSSAPI)."""

    gss: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    """Stop what the session with this key is doing."""

    pid: int
    key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartupMessage:
    """Who wants to connect, and with which settings."""

    major: int
    minor: int
    parameters: dict[str, str]


def length_of(data: bytes) -> int | Violation | None:
    """Length of the packet *data* begins with; None while that is not known yet."""
    if len(data) < CODES.size:
        return None
    length: int = CODES.unpack_from(data)[0]
    if not CODES.size <= length <= MAX_STARTUP:
        return Violation(message="invalid length of startup packet")
    return length


def parse(packet: bytes) -> EncryptionRequest | CancelRequest | StartupMessage | Violation:
    """Read one whole packet."""
    code: int = CODES.unpack_from(packet)[1]
    body = packet[CODES.size :]
    if code in {SSL, GSS}:
        return EncryptionRequest(gss=code == GSS)
    if code == CANCEL:
        if len(body) != KEYS.size:
            return Violation(message="invalid length of startup packet")
        pid, key = KEYS.unpack(body)
        return CancelRequest(pid=pid, key=key)
    return _startup(code, body)


def _startup(code: int, body: bytes) -> StartupMessage | Violation:
    major, minor = code >> 16, code & 0xFFFF
    if major != PROTOCOL_MAJOR:
        return StartupMessage(major=major, minor=minor, parameters={})  # who knows its layout?
    words = body.split(b"\0")
    # name, value, name, value, …, then an empty name and the end of the packet.
    if len(words) % 2 or words[-2:] != [b"", b""] or b"" in words[:-2:2]:
        return Violation(message="invalid startup packet layout: expected terminator as last byte")
    text = [word.decode(errors="surrogateescape") for word in words[:-2]]
    return StartupMessage(
        major=major,
        minor=minor,
        parameters=dict(zip(text[::2], text[1::2], strict=True)),
    )


def encode(parameters: dict[str, str]) -> bytes:
    """Encode the startup message with these parameters."""
    words = [word for pair in parameters.items() for word in pair]
    body = b"".join(word.encode(errors="surrogateescape") + b"\0" for word in words) + b"\0"
    return CODES.pack(CODES.size + len(body), PROTOCOL_VERSION) + body


def encode_cancel(request: CancelRequest) -> bytes:
    """Encode a cancel request."""
    return CODES.pack(CODES.size + KEYS.size, CANCEL) + KEYS.pack(request.pid, request.key)
