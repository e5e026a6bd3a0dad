"""How long a job takes when nobody says: longer than the next statement, shorter than a pause."""

import psycopg
import pytest

import dsql_local


def test_who_does_not_wait_finds_an_invalid_index_every_time(cluster):
    with cluster.connect() as admin:
        for number in range(20):
            admin.execute(f"CREATE TABLE t{number} (id int PRIMARY KEY, a int)")
            admin.execute(f"CREATE UNIQUE INDEX ASYNC i{number} ON t{number} (a)")

            with pytest.raises(psycopg.Error) as caught:
                admin.execute(
                    f"ALTER TABLE t{number} ADD CONSTRAINT u UNIQUE USING INDEX i{number}"
                )

            assert caught.value.sqlstate == "55000"


def test_a_baseline_is_taken_with_indexes_that_are_built():
    with dsql_local.running() as server:
        with server.connect() as admin:
            admin.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")
            admin.execute("CREATE INDEX ASYNC i ON t (a)")

        server.remember()

        with server.connect() as admin:
            found = admin.execute(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"
            ).fetchone()
        assert found == (True,)
