"""Cancel requests of real clients: what they stop, and what they leave alone."""

import asyncio
import contextlib
import ssl
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import psycopg
import pytest

OFTEN = 20


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_query_is_cancelled(server, eventually, encrypted):
    def active():
        running = "SELECT state FROM pg_stat_activity WHERE pid = %s"
        return other.execute(running, (connection.info.backend_pid,)).fetchone() == ("active",)

    with (
        server.cluster.connect() as connection,
        server.cluster.connect() as other,
        ThreadPoolExecutor() as threads,
    ):
        query = threads.submit(connection.execute, "SELECT pg_sleep(60)")
        eventually(active, "a query to cancel")
        if encrypted:
            connection.cancel_safe()
        else:
            connection.pgconn.get_cancel().cancel()

        with pytest.raises(psycopg.errors.QueryCanceled):
            query.result()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cancel_is_over_when_its_connection_ends(server):
    with server.cluster.connect() as connection:
        for _ in range(OFTEN):
            connection.cancel_safe()  # nothing runs: this is one that came too late

            assert connection.execute("SELECT pg_sleep(0.003)").rowcount == 1


def test_a_statement_after_one_asyncpg_gave_up_is_not_cancelled(server, resolving_loop):
    async def program():
        info = server.cluster.conninfo()
        connection = await asyncpg.connect(
            host=info["host"],
            port=info["port"],
            user=info["user"],
            password=info["password"],
            database="postgres",
            ssl=ssl.create_default_context(cafile=server.facts.ca_file),
        )
        try:
            for _ in range(OFTEN):
                # Either may come first, so that the cancel is often one that comes too late.
                with contextlib.suppress(TimeoutError, asyncpg.QueryCanceledError):
                    await asyncio.wait_for(connection.fetch("SELECT pg_sleep(0.02)"), 0.01)

                assert len(await connection.fetch("SELECT pg_sleep(0.003)")) == 1
        finally:
            await connection.close()

    resolving_loop(program())
