"""The extended query protocol, as far as a session reads or makes its messages.

Law: bytes to values and back. A name that has no end is None: PostgreSQL says what is wrong.
"""

from typing import Final

from dsql_local.wire.frames import Frame, frame

NO_PARAMETERS: Final = bytes(2)
# No formats, no parameters, no formats of columns: all text.
NOTHING_BOUND: Final = bytes(6)
ALL_ROWS: Final = bytes(4)


def parse(name: bytes, sql: bytes) -> bytes:
    """Encode a Parse that tells no types."""
    return frame(b"P", name + b"\0" + sql + b"\0" + NO_PARAMETERS)


def bind(portal: bytes, statement: bytes) -> bytes:
    """Encode a Bind without parameters."""
    return frame(b"B", portal + b"\0" + statement + b"\0" + NOTHING_BOUND)


def execute(portal: bytes) -> bytes:
    """Encode an Execute of all rows."""
    return frame(b"E", portal + b"\0" + ALL_ROWS)


def close_statement(name: bytes) -> bytes:
    """Encode a Close of a prepared statement, which need not exist."""
    return frame(b"C", b"S" + name + b"\0")


def close_portal(name: bytes) -> bytes:
    """Encode a Close of a portal, which need not exist."""
    return frame(b"C", b"P" + name + b"\0")


def name_of(message: Frame) -> bytes | None:
    """The first name of a Parse, a Bind or an Execute."""
    name, end, _ = message.body.partition(b"\0")
    return name if end else None


def bound_by(message: Frame) -> tuple[bytes, bytes] | None:
    """The portal a Bind makes, and the prepared statement it makes it of."""
    match message.body.split(b"\0", 2):
        case [portal, statement, _]:
            return portal, statement
        case _:
            return None


def closed_by(message: Frame) -> bytes | None:
    """The prepared statement a Close ends; None when it ends something else."""
    name, end, _ = message.body.partition(b"\0")
    return name[1:] if end and name[:1] == b"S" else None
