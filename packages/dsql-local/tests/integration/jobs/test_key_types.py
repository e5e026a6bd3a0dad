"""What an index may be on when the statement does not say: expressions and domains."""

import psycopg
import pytest


@pytest.fixture
def admin(cluster):
    with cluster.connect() as connection:
        connection.execute("CREATE DOMAIN document AS jsonb")
        connection.execute("CREATE DOMAIN word AS text")
        connection.execute("CREATE DOMAIN short_word AS word")
        connection.execute(
            "CREATE TABLE t (id int PRIMARY KEY, a int, b text, j jsonb, d document, w short_word)"
        )
        yield connection


@pytest.mark.parametrize(
    ("key", "type_"),
    [
        ("(j -> 'a')", "jsonb"),
        ("(ARRAY[a, id])", "integer[]"),
        ("(b::inet)", "inet"),
        ("(to_tsvector('simple', b))", "tsvector"),
        ("b, (int4range(a, id))", "int4range"),
        ("d", "jsonb"),
    ],
)
def test_a_key_of_a_type_that_is_not_indexed_is_refused(admin, key, type_):
    with pytest.raises(psycopg.Error) as caught:
        admin.execute(f"CREATE INDEX ASYNC i ON t ({key})")

    error = caught.value
    assert (error.sqlstate, error.diag.message_primary) == (
        "0A000",
        f"datatype {type_} is not supported in a key",
    )


@pytest.mark.parametrize(
    "key", ["(j ->> 'a')", "lower(b)", "w", "(a + id), (a > id)", "a) INCLUDE (j, d"]
)
def test_a_key_of_another_type_is_taken(admin, key):
    assert admin.execute(f"CREATE INDEX ASYNC i ON t ({key})").fetchone()


def test_an_index_that_is_made_at_once_has_keys_of_the_same_types(admin):
    admin.execute("SET disable_sync_create_index = off")

    with pytest.raises(psycopg.Error, match="datatype jsonb is not supported in a key"):
        admin.execute("CREATE INDEX i ON t ((j -> 'a'))")

    assert admin.execute("CREATE INDEX i ON t ((j ->> 'a'))").statusmessage == "CREATE INDEX"
