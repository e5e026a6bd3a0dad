"""How large a key may be: 1,981 bytes for all its values, seven less for each value but the first.

Measured on a cluster: awslabs/agent-plugins, limits-and-error-codes.md.
"""

import psycopg
import pytest

ONE = 1981
TOO_LARGE = ("54000", "key size too large")


@pytest.fixture
def admin(cluster):
    with cluster.connect() as connection:
        yield connection


def refusal(connection, statement, *values):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement, values)
    return caught.value.sqlstate, caught.value.diag.message_primary


def built(connection, create_index):
    ((job,),) = connection.execute(create_index).fetchall()
    ((succeeded,),) = connection.execute(f"CALL sys.wait_for_job('{job}')").fetchall()
    details = connection.execute("SELECT details FROM sys.jobs WHERE job_id = %s", [job])
    return succeeded, *details.fetchone()


@pytest.mark.parametrize("type_", ["text", "varchar(2000)"])
def test_one_value_has_all_the_bytes_however_well_it_compresses(admin, type_):
    admin.execute(f"CREATE TABLE t (a {type_} PRIMARY KEY, b text)")

    admin.execute("INSERT INTO t VALUES (%s)", ["x" * ONE])

    assert refusal(admin, "INSERT INTO t VALUES (%s)", "x" * (ONE + 1)) == TOO_LARGE
    assert refusal(admin, "UPDATE t SET a = a || 'x'") == TOO_LARGE
    admin.execute("UPDATE t SET b = repeat('x', 5000)")


def test_a_key_is_counted_in_bytes_not_in_characters(admin):
    admin.execute("CREATE TABLE t (a text PRIMARY KEY)")

    admin.execute("INSERT INTO t VALUES (repeat('😀', 495))")

    assert refusal(admin, "INSERT INTO t VALUES (repeat('😀', 496))") == TOO_LARGE


def test_eight_values_share_the_bytes_and_pay_for_being_many(admin):
    columns = "abcdefgh"
    admin.execute(
        f"CREATE TABLE t ({', '.join(f'{c} text' for c in columns)},"
        f" PRIMARY KEY ({', '.join(columns)}))"
    )
    values = ", ".join("repeat(%s, 241)" for _ in columns)

    admin.execute(f"INSERT INTO t VALUES ({values})", list(columns))

    assert refusal(admin, f"INSERT INTO t VALUES ({values}) ", *columns[:7], "xy") == TOO_LARGE


def test_every_index_holds_the_primary_key_too(admin):
    admin.execute("CREATE TABLE t (id text PRIMARY KEY, a text)")
    assert built(admin, "CREATE INDEX ASYNC ON t (a)") == (True, None)
    statement = "INSERT INTO t VALUES (repeat(%s, 500), repeat('x', %s))"

    admin.execute(statement, ["a", 1474])

    assert refusal(admin, statement, "b", 1475) == TOO_LARGE
    admin.execute("ALTER TABLE t RENAME COLUMN a TO renamed")
    assert refusal(admin, statement, "b", 1475) == TOO_LARGE


def test_columns_an_index_includes_are_not_of_its_key(admin):
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text, b text)")
    assert built(admin, "CREATE INDEX ASYNC ON t (a) INCLUDE (b)") == (True, None)

    admin.execute("INSERT INTO t VALUES (1, 'a', repeat('x', 2500))")

    assert refusal(admin, "INSERT INTO t VALUES (2, repeat('x', 1971), 'b')") == TOO_LARGE


def test_a_partial_index_has_the_keys_of_its_rows_alone(admin):
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text)")
    assert built(admin, "CREATE INDEX ASYNC ON t (a) WHERE id > 10") == (True, None)

    admin.execute("INSERT INTO t VALUES (1, repeat('x', 2500))")

    assert refusal(admin, "INSERT INTO t VALUES (11, repeat('x', 2500))") == TOO_LARGE


def test_the_value_of_an_expression_is_a_key_whatever_the_row_is(admin):
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text)")
    assert built(admin, "CREATE INDEX ASYNC ON t ((repeat(a, 100)))") == (True, None)

    admin.execute("INSERT INTO t VALUES (1, repeat('x', 19))")

    assert refusal(admin, "INSERT INTO t VALUES (2, repeat('x', 20))") == TOO_LARGE
    assert refusal(admin, "UPDATE t SET a = a || 'x'") == TOO_LARGE
    shown = admin.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")
    assert shown.fetchone() == (0,)


@pytest.mark.parametrize("key", ["a", "(a || '')", "lower(a)"])
def test_an_index_over_keys_that_are_too_large_is_not_built(admin, key):
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a text)")
    admin.execute("INSERT INTO t VALUES (1, repeat('x', 1971))")

    assert built(admin, f"CREATE INDEX ASYNC i ON t ({key})") == (False, "key size too large")

    valid = admin.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")
    assert valid.fetchone() == (False,)
    admin.execute("INSERT INTO t VALUES (2, repeat('x', 1971))")


def test_the_limit_is_a_setting(serve, data_dir):
    with serve(data_dir, "--limit", "key_bytes=10") as server, server.cluster.connect() as admin:
        admin.execute("CREATE TABLE t (a text PRIMARY KEY)")

        admin.execute("INSERT INTO t VALUES ('0123456789')")

        assert refusal(admin, "INSERT INTO t VALUES ('0123456789a')") == TOO_LARGE
