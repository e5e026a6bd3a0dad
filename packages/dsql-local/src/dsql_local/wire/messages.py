"""The messages this server makes or changes itself.

Law: bytes to values and back; no message is understood further than needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct

from dsql_local.wire.frames import HEADER, LENGTH, Frame, frame

COUNT = Struct(">H")
WORDS = Struct(">II")

# libpq gives up on a longer error before the login's end (30 000 bytes), and shows none of it.
LONGEST_TEXT = 2_000

AUTHENTICATION_CLEARTEXT_PASSWORD = frame(b"R", (3).to_bytes(4, "big"))
AUTHENTICATION_OK = frame(b"R", (0).to_bytes(4, "big"))
TERMINATE = frame(b"X", b"")


def _zero_terminated(text: str) -> bytes:
    return text.encode(errors="surrogateescape") + b"\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error as a client sees it."""

    severity: str = "FATAL"
    sqlstate: str
    message: str
    hint: str | None = None

    def encode(self) -> bytes:
        """Encode the ErrorResponse."""
        fields = {
            "S": self.severity,
            "V": self.severity,
            "C": self.sqlstate,
            "M": _bounded(self.message),
        }
        hint = {"H": _bounded(self.hint)} if self.hint else {}
        return fields_message(b"E", fields | hint)


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def fields_message(type_: bytes, fields: Mapping[str, str]) -> bytes:
    """Encode an ErrorResponse (``E``) or a NoticeResponse (``N``)."""
    return frame(
        type_, b"".join(_zero_terminated(code + text) for code, text in fields.items()) + b"\0"
    )


def fields_of(body: bytes) -> dict[str, str]:
    """Decode the fields of an ErrorResponse or a NoticeResponse."""
    fields = (part.decode(errors="surrogateescape") for part in body.split(b"\0") if part)
    return {field[0]: field[1:] for field in fields}


def parameter_status(name: str, value: str) -> bytes:
    """Encode a ParameterStatus."""
    return frame(b"S", _zero_terminated(name) + _zero_terminated(value))


def parameter_of(body: bytes) -> tuple[str, str]:
    """Decode a ParameterStatus."""
    name, value, *_ = body.decode(errors="surrogateescape").split("\0")
    return name, value


def negotiate_protocol_version(newest: int, unrecognized: list[str]) -> bytes:
    """Encode what tells a client that asks for more which protocol it gets.

    PostgreSQL sends the whole version, and libpq takes it for that, though the documentation of
    the message calls it the minor one.
    """
    names = b"".join(map(_zero_terminated, unrecognized))
    return frame(b"v", WORDS.pack(newest, len(unrecognized)) + names)


def command_complete(tag: str) -> bytes:
    """Encode a CommandComplete."""
    return frame(b"C", _zero_terminated(tag))


def query(sql: str) -> bytes:
    """Encode a simple query."""
    return frame(b"Q", _zero_terminated(sql))


def query_of(sql: bytes) -> bytes:
    """Encode a simple query of a text in the client's encoding."""
    return frame(b"Q", sql + b"\0")


def copy_fail(reason: str) -> bytes:
    """Encode a CopyFail."""
    return frame(b"f", _zero_terminated(reason))


def literal(text: str) -> str:
    """Quote *text* for SQL, whatever ``standard_conforming_strings`` says."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def backend_key_of(body: bytes) -> tuple[int, int]:
    """Decode a BackendKeyData."""
    pid, key = WORDS.unpack_from(body)
    return pid, key


def password_of(body: bytes) -> str:
    """Decode a PasswordMessage: up to its first zero."""
    return body.split(b"\0", 1)[0].decode(errors="surrogateescape")


def text_row(text: str) -> bytes:
    """Encode a DataRow of one column of text."""
    value = text.encode(errors="surrogateescape")
    return frame(b"D", COUNT.pack(1) + LENGTH.pack(len(value)) + value)


def first_column_of(body: bytes) -> bytes:
    """Text of the first column of a DataRow."""
    (length,) = Struct(">i").unpack_from(body, COUNT.size)
    start = COUNT.size + 4
    return body[start : start + max(length, 0)]


def _statement_span(message: Frame) -> tuple[int, int] | None:
    """Where the SQL text of a Query or a Parse lies; None when PostgreSQL has to refuse it."""
    start = HEADER.size
    if message.type == ord("P"):
        start = message.raw.find(b"\0", start) + 1
    end = message.raw.find(b"\0", start)
    return (start, end) if 0 < start <= end else None


def statement_of(message: Frame) -> bytes | None:
    """The SQL text of a Query or a Parse."""
    span = _statement_span(message)
    return message.raw[slice(*span)] if span else None


def with_statement(message: Frame, sql: bytes) -> bytes:
    """The same Query or Parse with another SQL text."""
    span = _statement_span(message)
    if span is None:
        return message.raw
    body = message.raw[HEADER.size : span[0]] + sql + message.raw[span[1] :]
    return frame(bytes([message.type]), body)
