"""A function writes as a statement does: no definition may follow in the same transaction."""

import psycopg
import pytest


@pytest.fixture
def admin(cluster):
    with cluster.connect() as opened:
        opened.execute("CREATE TABLE t (a int)")
        opened.execute(
            "CREATE FUNCTION written() RETURNS int LANGUAGE sql AS"
            " 'INSERT INTO t VALUES (1) RETURNING a'"
        )
        opened.execute(
            "CREATE FUNCTION read() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t'"
        )
        yield opened


@pytest.mark.parametrize("statement", ["CREATE TABLE u (a int)", "CREATE INDEX ASYNC ON t (a)"])
def test_a_definition_does_not_follow_what_a_function_wrote(admin, statement):
    admin.execute("BEGIN")
    admin.execute("SELECT written()")

    with pytest.raises(psycopg.Error) as caught:
        admin.execute(statement)

    assert caught.value.sqlstate == "0A000"
    assert caught.value.diag.message_primary == (
        "ddl and dml are not supported in the same transaction"
    )
    admin.execute("ROLLBACK")


def test_a_definition_follows_what_a_function_read(admin):
    admin.execute("BEGIN")
    admin.execute("SELECT read()")

    assert admin.execute("CREATE TABLE u (a int)").statusmessage == "CREATE TABLE"
    assert admin.execute("COMMIT").statusmessage == "COMMIT"


def test_what_an_earlier_transaction_wrote_does_not_count(admin):
    admin.execute("SELECT written()")

    admin.execute("BEGIN")
    assert admin.execute("CREATE TABLE u (a int)").statusmessage == "CREATE TABLE"
    admin.execute("COMMIT")
