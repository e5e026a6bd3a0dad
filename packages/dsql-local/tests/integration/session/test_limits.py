"""What a transaction may hold, with limits small enough to be met."""

from contextlib import closing

import psycopg
import pytest

LIMITS = {"transaction_rows": 5, "transaction_bytes": 4096, "transaction_age_s": 1, "tables": 6}
TOO_MANY = "transaction row limit exceeded"
TOO_LARGE = "transaction size limit 10mb exceeded"


@pytest.fixture(scope="module")
def small(serve, tmp_path_factory):
    data = tmp_path_factory.mktemp("small")
    data.chmod(0o711)
    given = [word for name, n in LIMITS.items() for word in ("--limit", f"{name}={n}")]
    with serve(data, *given) as server:
        with server.cluster.connect() as admin:
            admin.execute("CREATE TABLE t (a int PRIMARY KEY, b text)")
            admin.execute("CREATE TABLE child (a int REFERENCES t ON DELETE CASCADE)")
        yield server.cluster


@pytest.fixture
def connection(small):
    with closing(small.connect()) as opened:
        yield opened
        opened.execute("ROLLBACK")
        opened.execute("DELETE FROM child")
        opened.execute("DELETE FROM t")


def refusal(run, *arguments):
    with pytest.raises(psycopg.errors.ProgramLimitExceeded) as caught:
        run(*arguments)
    return caught.value.diag


def rows(number):
    return f"INSERT INTO t SELECT generate_series(1, {number})"


@pytest.mark.parametrize("autocommit", [True, False])
def test_the_statement_that_crosses_the_row_limit_fails(connection, autocommit):
    connection.autocommit = autocommit

    assert connection.execute(rows(5)).rowcount == 5
    connection.rollback()
    connection.execute("DELETE FROM t")
    connection.commit()
    assert refusal(connection.execute, rows(6)).message_primary == TOO_MANY
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_rows_of_all_statements_of_a_transaction_count(connection):
    connection.execute("BEGIN")
    connection.execute(rows(2))
    connection.execute("UPDATE t SET b = 'x'")
    connection.execute("INSERT INTO child VALUES (1)")

    told = refusal(connection.execute, "DELETE FROM child")

    assert (told.message_primary, told.context) == (TOO_MANY, None)
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        connection.execute("SELECT 1")


def test_rows_of_a_transaction_that_ended_do_not_count(connection):
    for end in ("COMMIT", "ROLLBACK", "COMMIT AND CHAIN"):
        connection.execute("BEGIN")
        connection.execute(rows(4))
        connection.execute(end)
        assert connection.execute("DELETE FROM t").rowcount in {0, 4}


def test_rows_a_cascade_takes_with_it_count(connection):
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute("INSERT INTO child SELECT 1 FROM generate_series(1, 5)")

    assert refusal(connection.execute, "DELETE FROM t").message_primary == TOO_MANY
    connection.execute("DELETE FROM child")


def test_rows_only_locked_or_read_do_not_count(connection):
    connection.execute(rows(5))
    with connection.transaction():
        connection.execute("SELECT a FROM t FOR UPDATE")

        assert connection.execute("UPDATE t SET b = 'x' WHERE a > 1").rowcount == 4


def test_copied_rows_count(connection):
    def copy():
        with connection.cursor().copy("COPY t (a) FROM STDIN") as copying:
            copying.write("".join(f"{number}\n" for number in range(6)))

    assert refusal(copy).message_primary == TOO_MANY


def test_the_size_of_a_transaction_is_checked_when_it_commits(connection):
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (1, repeat('x', 3000))")
    connection.execute("INSERT INTO t VALUES (2, repeat('x', 3000))")
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)

    told = refusal(connection.execute, "COMMIT")

    assert told.message_primary == TOO_LARGE
    assert told.message_detail == "Current transaction size 0.01mb > 10mb"
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_the_size_of_a_transaction_of_one_statement_is_checked_too(connection):
    told = refusal(connection.execute, "INSERT INTO t VALUES (1, repeat('x', 5000))")

    assert told.message_primary == TOO_LARGE


@pytest.mark.parametrize("statement", ["COMMIT", "SELECT 1", "INSERT INTO t VALUES (2)"])
@pytest.mark.parametrize("prepare", [True, False])
def test_a_transaction_past_its_age_is_over(connection, statement, prepare):
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute("SELECT pg_sleep(2)")

    told = refusal(lambda: connection.execute(statement, prepare=prepare))

    assert told.message_primary == "transaction age limit of 1s exceeded"
    assert told.message_detail == "Current transaction age 2s exceeds 1s"
    ended = statement == "COMMIT"
    status = psycopg.pq.TransactionStatus
    assert connection.info.transaction_status == (status.IDLE if ended else status.INERROR)
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_write_that_takes_longer_than_a_transaction_may_last_is_lost(connection):
    slow = "INSERT INTO t SELECT 1 FROM pg_sleep(2.1)"

    assert refusal(connection.execute, slow).message_detail == (
        "Current transaction age 2s exceeds 1s"
    )
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize("prepare", [True, False])
def test_a_query_that_takes_longer_than_a_transaction_may_last_is_lost(connection, prepare):
    slow = "SELECT pg_sleep(2.1)"

    told = refusal(lambda: connection.execute(slow, prepare=prepare))

    assert told.message_primary == "transaction age limit of 1s exceeded"
    assert told.message_detail == "Current transaction age 2s exceeds 1s"
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_resetting_all_in_a_transaction_leaves_what_it_has_written(connection):
    connection.execute("BEGIN")
    connection.execute(rows(4))
    connection.execute("RESET ALL")

    told = refusal(connection.execute, "UPDATE t SET b = 'x' WHERE a < 3")

    assert told.message_primary == TOO_MANY


@pytest.mark.parametrize(
    "statement",
    [
        "RESET dsql_local.rows",
        "SET dsql_local.rows TO DEFAULT",
        "SET LOCAL dsql_local.rows TO DEFAULT",
        "SHOW dsql_local.rows",
    ],
)
def test_what_counts_is_in_no_setting_a_client_knows(connection, statement):
    with pytest.raises(psycopg.errors.UndefinedObject) as caught:
        connection.execute(statement)

    assert caught.value.diag.message_primary == (
        'unrecognized configuration parameter "dsql_local.rows"'
    )


def test_the_triggers_that_count_are_nobodys_business(connection):
    shown = connection.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")
    assert shown.fetchone() == (0,)

    for name in ("rows", "transaction_rows"):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute(f"SET dsql_local.{name} = 1000000")


def test_quotas_of_objects_are_limits_too(connection):
    made = [f"CREATE TABLE q{number} (a int)" for number in range(5)]
    for statement in made[:4]:
        connection.execute(statement)

    told = refusal(connection.execute, made[4])

    assert told.message_primary == "creating more than 6 tables not allowed"
    for number in range(4):
        connection.execute(f"DROP TABLE q{number}")
