"""How large a value, a row and a key may be, and how much a query may put aside."""

import psycopg
import pytest

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def admin(server):
    made = server.create_cluster()
    try:
        with made.connect() as connection:
            connection.execute("CREATE TABLE t (id int PRIMARY KEY, a text, b text, c bytea)")
            connection.execute("CREATE TABLE keyed (a text PRIMARY KEY)")
            yield connection
    finally:
        server.delete_cluster(made)


def refusal(connection, statement, *values):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement, values)
    return caught.value.sqlstate, caught.value.diag.message_primary


@pytest.mark.parametrize(("column", "type_"), [("a", "text"), ("c", "bytea")])
def test_a_value_has_a_mebibyte_at_most(admin, column, type_):
    statement = f"INSERT INTO t (id, {column}) VALUES (1, (repeat('x', %s))::{type_})"

    assert refusal(admin, statement, MIB) == (
        "54000",
        f"datatype limit greater than 1048576 bytes not supported for {type_}",
    )

    with admin.transaction(force_rollback=True):
        admin.execute(statement, [MIB - 4])


def test_a_row_has_two_mebibytes_at_most(admin):
    statement = (
        "INSERT INTO t VALUES (1, repeat('x', 900000), repeat('x', %s), repeat('x', 900000)::bytea)"
    )

    assert refusal(admin, statement, 900000) == ("54000", "maximum row size exceeded")

    with admin.transaction(force_rollback=True):
        admin.execute(statement, [100])


def test_a_key_that_is_too_long_is_refused_in_the_words_of_the_service(admin):
    random = "(SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 200))"

    assert refusal(admin, f"INSERT INTO keyed VALUES ({random})") == (
        "54000",
        "key size too large",
    )


def test_a_view_has_so_much_room_for_its_definition(admin):
    """Of a text that is one constant, 128 KiB; of one that is names, four times as much."""
    view = "CREATE OR REPLACE VIEW v AS SELECT '{}'::text AS a"

    assert refusal(admin, view.format("x" * 131072)) == ("54000", "view definition too large")
    assert refusal(
        admin, f"CREATE SCHEMA s {view.format('x' * 131072)}".replace(" OR REPLACE", "")
    ) == (
        "54000",
        "view definition too large",
    )

    admin.execute(view.format("x" * 120 * 1024))
    admin.execute("DROP VIEW v")


def test_a_query_has_so_much_room_beside_memory(admin):
    sorted_ = (
        "SELECT count(*) FROM (SELECT repeat('x', 1000) || n AS t"
        " FROM generate_series(1, 150000) n ORDER BY t OFFSET 0) AS s"
    )

    assert refusal(admin, sorted_) == (
        "54000",
        "query requires more than allowed temp space of 131072 KB to execute",
    )
