"""aurora-dsql-python-connector in its three flavours, with its own tokens, pools and retries."""

import aurora_dsql_asyncpg
import aurora_dsql_psycopg
import aurora_dsql_psycopg2
import pytest

pytestmark = pytest.mark.usefixtures("dsql_environment")

ASKED = "SELECT current_user, sys.dsql_major_version(), current_setting('application_name')"


def test_the_psycopg_flavour_connects(dsql_cluster):
    with aurora_dsql_psycopg.DSQLConnection.connect(host=dsql_cluster.endpoint) as connection:
        user, major, name = connection.execute(ASKED).fetchone() or (None, None, "")

    assert (user, major) == ("admin", 1)
    assert name.startswith("aurora-dsql-python-psycopg/")


def test_the_psycopg_flavour_s_pool_runs_a_transaction(dsql_cluster, dsql):
    dsql.execute("CREATE TABLE visits (id int PRIMARY KEY)")
    parameters = {"host": dsql_cluster.endpoint}

    def visit(connection):
        connection.execute("INSERT INTO visits VALUES (1)")
        return connection.execute("SELECT count(*) FROM visits").fetchone()

    with aurora_dsql_psycopg.create_pool(kwargs=parameters, min_size=1, max_size=2) as pool:
        assert pool.run_transaction(visit) == (1,)
    assert dsql.execute("SELECT id FROM visits").fetchall() == [(1,)]


def test_the_psycopg2_flavour_connects(dsql_cluster):
    connection = aurora_dsql_psycopg2.connect(host=dsql_cluster.endpoint)
    try:
        with connection.cursor() as cursor:
            cursor.execute(ASKED)
            user, major, name = cursor.fetchone()
    finally:
        connection.close()

    assert (user, major) == ("admin", 1)
    assert name.startswith("aurora-dsql-python-psycopg2/")


def test_the_asyncpg_flavour_connects_and_its_pool_resets(
    dsql_cluster, asyncpg_parameters, resolving_loop
):
    tls = {"ssl": "verify-full", "sslrootcert": dsql_cluster.server.ca_file}

    async def use():
        async with await aurora_dsql_asyncpg.create_pool(
            **asyncpg_parameters, **tls, min_size=1, max_size=1
        ) as pool:
            await pool.execute("SET application_name = 'mine'")
            return await pool.fetchrow(ASKED)

    user, major, name = resolving_loop(use())

    assert (user, major) == ("admin", 1)
    assert name.startswith("aurora-dsql-python-asyncpg/")
