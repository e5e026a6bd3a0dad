"""Going back to what a cluster held at one moment, in milliseconds.

Law: after `restore` nothing tells the cluster from the one `remember` saw, or it raises. Sessions
end in either. The usual way is by catalogue (see ``baseline.sql``); where that leaves a difference,
as after DDL on what the baseline holds, a copy of the whole database takes its place.
"""

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from dsql_local.errors import BaselineMissing, StatementFailed
from dsql_local.postgres.superuser import Superuser
from dsql_local.postgres.template import SUPERUSER

NAME: Final = "dsql_local baseline"
COPY: Final = "dsql_local_baseline"
# Triggers, event triggers and limits are for clients.
_ALONE: Final = (
    "SET session_replication_role = replica; SET allow_system_table_mods = on;"
    " SET client_min_messages = error; SET lock_timeout = '10s'"
)
_SESSIONS: Final = (
    "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
# The server's own sessions hold nothing when idle, and are slow to come back; a copy bears nobody.
_BUSY_SESSIONS: Final = f"{_SESSIONS} AND NOT (usename = '{SUPERUSER}' AND state = 'idle')"
# What a database has that is not in it, as SQL.
_BESIDES: Final = (
    "SELECT quote_nullable(datacl), quote_nullable(shobj_description(oid, 'pg_database'))"
    " FROM pg_database WHERE datname = 'postgres'"
)
_SET_ACL: Final = "UPDATE pg_database SET datacl = {acl}::aclitem[] WHERE datname = '{database}'"
# PostgreSQL tells nobody that a session has ended; it takes a millisecond or two.
_POLL_S: Final = 0.001

Way = Literal["by catalogue", "by copy"]


class Baseline:
    """One cluster's baseline."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._connection: Superuser | None = None
        self._turn = asyncio.Lock()

    async def remember(self) -> None:
        """Take what the cluster holds as its baseline."""
        async with self._turn:
            connection = await self._connected()
            await _end_sessions(connection)
            await connection.run(files(__package__).joinpath("baseline.sql").read_text())
            await _note_writes(connection)
            await self._replace(COPY, "postgres")

    async def restore(self) -> Way:
        """Go back to the baseline."""
        async with self._turn:
            connection = await self._connected()
            await _end_sessions(connection, _BUSY_SESSIONS)
            if await connection.run("SELECT to_regnamespace('pg_dsql_local_baseline')") == [[None]]:
                raise BaselineMissing(
                    "the cluster has no baseline to go back to",
                    fix="Set one first: PUT /clusters/{id}/baseline.",
                )
            if await _cleaned(connection):
                return "by catalogue"
            await self._replace("postgres", COPY)
            connection = await self._connected()
            await connection.run("SELECT pg_dsql_local_baseline.put_roles_back()")
            await _note_writes(connection)  # a new database counts from zero
            return "by copy"

    def close(self) -> None:
        """End the connection that is kept for speed: its caches are warm."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _connected(self) -> Superuser:
        if self._connection is None or self._connection.closed:
            self._connection = await Superuser.connect(self._socket, name=NAME)
            await self._connection.run(_ALONE)
        return self._connection

    async def _replace(self, database: str, by: str) -> None:
        """Make *database* a copy of *by*, which nobody may be connected to meanwhile."""
        self.close()
        connection = await Superuser.connect(self._socket, database="template1", name=NAME)
        try:
            await _end_sessions(connection)
            [[acl, comment]] = await connection.run(_BESIDES)
            await connection.run(f"DROP DATABASE IF EXISTS {database}")
            await connection.run(f"CREATE DATABASE {database} TEMPLATE {by} STRATEGY file_copy")
            await connection.run("SET allow_system_table_mods = on")
            await connection.run(_SET_ACL.format(acl=acl, database=database))
            await connection.run(f"COMMENT ON DATABASE {database} IS {comment}")
        finally:
            connection.close()


async def _end_sessions(connection: Superuser, which: str = _SESSIONS) -> None:
    """End other sessions and wait until PostgreSQL has forgotten them."""
    while await connection.run(f"SELECT pg_terminate_backend(pid) {which}"):  # noqa: ASYNC110 - see _POLL_S
        await asyncio.sleep(_POLL_S)


async def _cleaned(connection: Superuser) -> bool:
    """Go back by catalogue; say whether that was all."""
    try:
        await connection.run("SELECT pg_dsql_local_baseline.drop_what_is_new()")
        if await connection.run("SELECT pg_dsql_local_baseline.differences()"):
            return False
        await connection.run("SELECT pg_dsql_local_baseline.put_rows_back()")
        await connection.run("SELECT pg_dsql_local_baseline.put_roles_back()")
    except StatementFailed:  # what is left has a form of its own: a copy has none
        return False
    await _note_writes(connection)
    return True


async def _note_writes(connection: Superuser) -> None:
    await connection.run("SELECT pg_stat_force_next_flush()")
    await connection.run("SELECT pg_dsql_local_baseline.note_writes()")
