"""The drivers themselves, with a token as the password."""

import ssl
from decimal import Decimal

import asyncpg
import psycopg
import psycopg2
import psycopg2.errors
import pytest
from psycopg_pool import ConnectionPool

MAKE = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(9,2), placed timestamptz)"
ADD = "INSERT INTO orders VALUES (1, 12.50, '2026-10-10 12:00+00')"


def test_psycopg_makes_writes_and_reads(dsql):
    dsql.execute(MAKE)
    with dsql.transaction():
        dsql.execute("INSERT INTO orders (id, total) VALUES (%s, %s)", (1, Decimal("12.50")))

    assert dsql.execute("SELECT id, total FROM orders").fetchall() == [(1, Decimal("12.50"))]


def test_psycopg_is_refused_in_the_service_s_words(dsql):
    with pytest.raises(psycopg.errors.FeatureNotSupported) as refused:
        dsql.execute("TRUNCATE pg_class")

    assert refused.value.diag.message_primary == "unsupported statement: Truncate"


def test_psycopg_s_pool_signs_a_token_for_each_connection(dsql_cluster):
    def parameters():
        return dsql_cluster.parameters() | {"autocommit": True}

    with (
        ConnectionPool(kwargs=parameters, min_size=2, max_size=2) as pool,
        pool.connection() as one,
        pool.connection() as other,
    ):
        assert one.execute("SELECT 1").fetchone() == other.execute("SELECT 1").fetchone()


def test_psycopg_s_server_side_cursor_is_refused(dsql):
    with (
        pytest.raises(psycopg.errors.FeatureNotSupported),
        dsql.transaction(),
        dsql.cursor("named") as cursor,
    ):
        cursor.execute("SELECT 1")


def test_psycopg2_makes_writes_and_reads(dsql_cluster):
    connection = psycopg2.connect(**dsql_cluster.parameters())
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(MAKE)
        connection.autocommit = False
        with connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO orders (id, total) VALUES (%s, %s)", (1, Decimal("12.50")))
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT id, total FROM orders")
            assert cursor.fetchall() == [(1, Decimal("12.50"))]
    finally:
        connection.close()


def test_psycopg2_is_refused_in_the_service_s_words(dsql_cluster):
    connection = psycopg2.connect(**dsql_cluster.parameters())
    try:
        with (
            connection.cursor() as cursor,
            pytest.raises(psycopg2.errors.FeatureNotSupported) as no,
        ):
            cursor.execute("CREATE TABLE a AS SELECT 1")
        assert no.value.diag.message_primary == "unsupported statement: CreateTableAs"
    finally:
        connection.close()


def test_asyncpg_makes_writes_and_reads(dsql_cluster, asyncpg_parameters, resolving_loop):
    context = ssl.create_default_context(cafile=dsql_cluster.server.ca_file)

    async def use():
        connection = await asyncpg.connect(
            **asyncpg_parameters, password=dsql_cluster.token(), ssl=context
        )
        try:
            await connection.execute(MAKE)
            async with connection.transaction():
                await connection.executemany(
                    "INSERT INTO orders (id, total) VALUES ($1, $2)", [(1, Decimal("12.50"))]
                )
            return [tuple(row) for row in await connection.fetch("SELECT id, total FROM orders")]
        finally:
            await connection.close()

    assert resolving_loop(use()) == [(1, Decimal("12.50"))]


def test_asyncpg_is_refused_in_the_service_s_words(
    dsql_cluster, asyncpg_parameters, resolving_loop
):
    context = ssl.create_default_context(cafile=dsql_cluster.server.ca_file)

    async def use():
        connection = await asyncpg.connect(
            **asyncpg_parameters, password=dsql_cluster.token(), ssl=context
        )
        try:
            await connection.fetch("SELECT pg_advisory_lock($1)", 1)
        finally:
            await connection.close()

    with pytest.raises(
        asyncpg.FeatureNotSupportedError, match="function pg_advisory_lock not supported"
    ):
        resolving_loop(use())
