"""Real clients, all with verify-full."""

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import sys
from typing import Any

import asyncpg
import boto3
import psycopg
import pytest


def test_psycopg_connects_with_a_token_of_the_official_sdk(server):
    cluster = server.cluster
    # Any: botocore adds the method when it makes the client, the stubs do not know it.
    client: Any = boto3.client(
        "dsql",
        region_name="us-east-1",
        aws_access_key_id=server.facts.access_key_id,
        aws_secret_access_key=server.facts.secret_access_key,
    )
    token = client.generate_db_connect_admin_auth_token(cluster.host, "us-east-1")

    with cluster.connect(password=token) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("admin",)
        assert connection.pgconn.ssl_in_use


def test_psycopg_connects_by_tls_at_once(server):
    if psycopg.pq.version() < 170000:
        pytest.skip("this libpq cannot do it")

    with server.cluster.connect(sslnegotiation="direct") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_psycopg_connects_to_the_private_host(server):
    cluster = server.cluster

    with cluster.connect(host=cluster.private_host) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_psycopg_uses_prepared_statements_pipelines_copy_and_large_results(cluster):
    with cluster.connect(autocommit=False) as connection:
        connection.execute("CREATE TABLE t (a int, b text)")
        connection.commit()
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            for number in range(2000):
                copy.write_row((number, "x" * 500))
        with connection.pipeline():
            sums = [connection.execute("SELECT sum(a) FROM t WHERE a < %s", (n,)) for n in (2, 3)]
        counting = ("SELECT count(*) FROM t WHERE b = %s", ("x" * 500,))
        counts = [connection.execute(*counting).fetchone() for _ in range(8)]

        assert [cursor.fetchone() for cursor in sums] == [(1,), (3,)]
        assert counts == [(2000,)] * 8
        assert len(connection.execute("SELECT * FROM t").fetchall()) == 2000
        assert connection.execute("SELECT repeat('y', 20000000)").fetchone() == ("y" * 20_000_000,)


def test_asyncpg_connects_and_uses_its_statement_cache(server, resolving_loop):
    cluster = server.cluster
    context = ssl.create_default_context(cafile=server.facts.ca_file)
    asked = cluster.conninfo()

    async def use():
        connection = await asyncpg.connect(
            host=cluster.host,
            port=asked["port"],
            user="admin",
            password=asked["password"],
            database="postgres",
            ssl=context,
        )
        try:
            numbers = [await connection.fetchval("SELECT $1::int + 1", n) for n in range(3)]
            return numbers, connection.get_server_version()
        finally:
            await connection.close()

    numbers, version = resolving_loop(use())

    assert numbers == [1, 2, 3]
    assert (version.major, version.micro) == (16, 15)


def test_the_strictest_verification_python_knows_is_passed(server):
    with server.cluster.raw(strict=True) as wire:
        wire.start(server.cluster.token(server.owner))

        assert wire.messages("Z")[-1] == ("Z", b"I")


def test_a_tls_handshake_at_once_agrees_on_postgresqls_protocol(server):
    with server.cluster.raw(direct=True) as wire:
        assert wire.socket.selected_alpn_protocol() == "postgresql"


def test_hundreds_of_sessions_are_open_at_once(server, resolving_loop):
    asked = server.cluster.conninfo()
    context = ssl.create_default_context(cafile=server.facts.ca_file)

    async def connect():
        return await asyncpg.connect(
            host=asked["host"],
            port=asked["port"],
            user="admin",
            password=asked["password"],
            database="postgres",
            ssl=context,
            timeout=60,
        )

    async def use():
        connections = await asyncio.gather(*(connect() for _ in range(200)))
        try:
            return await asyncio.gather(*(c.fetchval("SELECT 1") for c in connections))
        finally:
            await asyncio.gather(*(c.close() for c in connections))

    assert resolving_loop(use()) == [1] * 200


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_psql_connects_through_the_command(server):
    command = [sys.executable, "-m", "dsql_local", "psql"]
    ready = ["--ready-file", server.data_dir / "ready.json"]
    found = subprocess.run(
        [*command, *ready, "-XAt", "-c", "SELECT current_user", "-c", "\\conninfo"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PGPASSWORD": "overridden"},
    )

    assert found.stdout.splitlines()[0] == "admin"
    assert "TLSv1.3" in found.stdout


@pytest.mark.parametrize("version", ["3.0", "3.2", "latest"])
def test_libpq_connects_whatever_protocol_it_would_like(server, version):
    if psycopg.pq.version() < 180000:
        pytest.skip("this libpq cannot say")

    with server.cluster.connect(max_protocol_version=version) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SHOW server_version", "16.15"),
        ("show Server_Version_Num ;", "160015"),
        ("SELECT version()", "PostgreSQL 16"),
        ("SELECT current_setting('server_version')", "16.15"),
        ("SELECT current_setting('SERVER_VERSION_NUM', true)", "160015"),
        ("SELECT current_setting('no.such', true)", None),
        ("SELECT setting FROM pg_settings WHERE name = 'server_version'", "16.15"),
        ("SHOW timezone", "UTC"),
        ("SHOW client_encoding", "UTF8"),
        ("SHOW transaction_isolation", "repeatable read"),
        ("SELECT current_database()", "postgres"),
        ("SELECT current_schema()", "public"),
        ("SELECT datcollate FROM pg_database WHERE datname = current_database()", "C"),
        ("SELECT sys.dsql_major_version()", 1),
        ("SELECT rolsuper FROM pg_roles WHERE rolname = current_user", False),
    ],
)
def test_the_environment_is_that_of_aurora_dsql(server, statement, expected):
    with server.cluster.connect() as connection:
        cursor = connection.execute(statement)

        assert cursor.fetchone() == (expected,)
        assert (cursor.statusmessage or "").split()[0] == statement.split()[0].upper()


def test_a_show_of_the_version_names_its_column_and_can_be_described(server):
    with server.cluster.connect() as connection:
        cursor = connection.execute("SHOW server_version", prepare=True)

        assert [column.name for column in cursor.description or ()] == ["server_version"]
        assert cursor.statusmessage == "SHOW"
        assert connection.info.parameter_status("server_version") == "16.15"


@pytest.mark.parametrize("prepare", [False, True], ids=["simple", "extended"])
def test_a_setting_aurora_dsql_does_not_have_is_unknown(server, prepare):
    with server.cluster.connect() as connection:
        with pytest.raises(psycopg.errors.UndefinedObject) as caught:
            connection.execute("SHOW lc_collate", prepare=prepare)

        expected = 'unrecognized configuration parameter "lc_collate"'
        assert caught.value.diag.message_primary == expected
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_session_has_an_id_of_its_own(server):
    with server.cluster.connect() as one, server.cluster.connect() as other:
        ids = [c.execute("SELECT sys.current_session_id()").fetchone() for c in (one, one, other)]

        assert ids[0] == ids[1] != ids[2]


def test_the_ready_file_is_for_its_owner_alone(server):
    ready = server.data_dir / "ready.json"

    assert ready.stat().st_mode & 0o777 == 0o600
    assert json.loads(ready.read_text())["pid"] == server.process.pid
