"""A connection of the server's own to a cluster's PostgreSQL, past everything a client meets.

Law: one simple query at a time, all values text, and names are PostgreSQL's own whatever clients
have made. It knows nothing of what it runs; a connection that failed is not used again.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from pathlib import Path
from struct import Struct
from typing import Final

from dsql_local.errors import StatementFailed
from dsql_local.postgres.template import SUPERUSER
from dsql_local.wire.frames import HEADER
from dsql_local.wire.messages import COUNT, TERMINATE, fields_of, query
from dsql_local.wire.startup import encode

Row = list[str | None]
_LENGTH = Struct(">i")
# In public may be a function that fits a call better than PostgreSQL's.
_NAMES: Final = {"search_path": "pg_catalog, pg_temp"}
_NOTIFICATION = ord("A")


class Superuser:
    """An open connection as the role that owns the cluster's database."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._notified = False

    @classmethod
    async def connect(
        cls, socket: Path, *, database: str = "postgres", user: str = SUPERUSER, name: str
    ) -> "Superuser":
        """Connect to the PostgreSQL at *socket*; *name* is the application's."""
        reader, writer = await asyncio.open_unix_connection(str(socket))
        connection = cls(reader, writer)
        parameters = {"user": user, "database": database, "application_name": name, **_NAMES}
        writer.write(encode(parameters))
        try:
            await connection._answer()
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def closed(self) -> bool:
        """Whether either side has ended it."""
        return self._writer.is_closing() or self._reader.at_eof()

    async def run(self, sql: str) -> list[Row]:
        """Run *sql*, one transaction unless it says otherwise; return the rows it gives."""
        self._writer.write(query(sql))
        try:
            return await self._answer()
        except (OSError, EOFError, asyncio.CancelledError):
            self.close()
            raise

    async def notified(self) -> None:
        """Wait until PostgreSQL has told of what this connection listens for."""
        while not self._notified:
            await self._message()
        self._notified = False

    def close(self) -> None:
        """End the connection."""
        if not self._writer.is_closing():
            self._writer.write(TERMINATE)
            self._writer.close()

    async def _answer(self) -> list[Row]:
        """Read up to ReadyForQuery; raise the first error when all is read."""
        rows: list[Row] = []
        failure: StatementFailed | None = None
        while True:
            type_, body = await self._message()
            match type_:
                case 0x44:  # DataRow
                    rows.append(_row(body))
                case 0x45:  # ErrorResponse
                    failure = failure or _failure(body)
                case 0x5A:  # ReadyForQuery
                    break
                case _:
                    pass
        if failure is not None:
            raise failure
        return rows

    async def _message(self) -> tuple[int, bytes]:
        """Read one message; a notification may come with any answer."""
        type_, length = HEADER.unpack(await self._reader.readexactly(HEADER.size))
        body = await self._reader.readexactly(length - _LENGTH.size)
        self._notified |= type_ == _NOTIFICATION
        return type_, body


def _row(body: bytes) -> Row:
    (count,) = COUNT.unpack_from(body)
    position, values = COUNT.size, list[str | None]()
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(body, position)
        position += _LENGTH.size
        values.append(None if length < 0 else body[position : position + length].decode())
        position += max(length, 0)
    return values


def _failure(body: bytes) -> StatementFailed:
    fields = fields_of(body)
    what = f"PostgreSQL answered {fields.get('C', '')}: {fields.get('M', '')}"
    return StatementFailed(
        what,
        fix="This is a fault in dsql-local; please report it.",
        sqlstate=fields.get("C", ""),
        message=fields.get("M", ""),
    )
