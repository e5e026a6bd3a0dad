"""Nothing is temporary: no clause, no schema's name and no search path makes it so."""

import psycopg
import pytest


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE x (a int)", "CREATE VIEW x AS SELECT 1", "CREATE SEQUENCE x CACHE 1"],
)
def test_a_search_path_does_not_make_an_object_temporary(connection, statement):
    connection.execute("SET search_path = pg_temp")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_temporary_schema_may_come_last_in_a_search_path(connection):
    connection.execute("SET search_path = public, pg_temp")

    assert connection.execute("SELECT current_schema()").fetchone() == ("public",)
