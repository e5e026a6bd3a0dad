"""Two sessions in each other's way: what the loser hears, not yet when."""

import threading

import psycopg
import pytest

OC000 = ("40001", "change conflicts with another transaction (OC000)")
OC001 = ("40001", "schema has been updated by another transaction (OC001)")


@pytest.fixture
def other(cluster):
    with cluster.connect() as opened:
        opened.execute("CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int)")
        opened.execute("INSERT INTO t SELECT n, n FROM generate_series(1, 10) n")
        yield opened


@pytest.fixture
def mine(cluster, other):  # noqa: ARG001 - it made the table
    """A transaction that began before anything the *other* does."""
    with cluster.connect() as opened:
        opened.execute("BEGIN")
        opened.execute("SELECT FROM t")
        yield opened
        opened.execute("ROLLBACK")


def heard(error):
    return error.sqlstate, error.diag.message_primary


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE t SET a = 0 WHERE id = 1",
        "DELETE FROM t WHERE id = 1",
        "SELECT FROM t WHERE id = 1 FOR UPDATE",
    ],
)
@pytest.mark.parametrize("first", ["UPDATE t SET a = 7 WHERE id = 1", "DELETE FROM t WHERE id = 1"])
def test_who_comes_second_to_a_row_loses_in_the_words_of_the_service(mine, other, first, statement):
    other.execute(first)

    with pytest.raises(psycopg.Error) as caught:
        mine.execute(statement)

    assert heard(caught.value) == OC000


def test_a_transaction_that_loses_has_failed_and_the_next_one_wins(mine, other):
    other.execute("UPDATE t SET a = 7 WHERE id = 1")
    with pytest.raises(psycopg.errors.SerializationFailure):
        mine.execute("UPDATE t SET a = 0 WHERE id = 1")

    assert mine.execute("COMMIT").statusmessage == "ROLLBACK"
    assert mine.execute("UPDATE t SET a = 0 WHERE id = 1").statusmessage == "UPDATE 1"


def test_rows_taken_crosswise_are_a_conflict_and_no_deadlock(mine, other):
    other.execute("BEGIN")
    other.execute("UPDATE t SET a = 0 WHERE id = 1")
    mine.execute("UPDATE t SET a = 0 WHERE id = 2")
    losses = []

    def run(session, statement):
        try:
            session.execute(statement)
        except psycopg.Error as error:
            losses.append(heard(error))
        session.execute("ROLLBACK")

    crossing = threading.Thread(target=run, args=(other, "UPDATE t SET a = 0 WHERE id = 2"))
    crossing.start()
    run(mine, "UPDATE t SET a = 0 WHERE id = 1")
    crossing.join()

    assert losses[:1] == [OC000]


def test_an_index_whose_table_another_definition_changed_meanwhile_says_so(mine, other):
    job_id = other.execute("CREATE INDEX ASYNC i ON t (a)").fetchone()[0]
    other.execute(f"CALL sys.wait_for_job('{job_id}')")

    with pytest.raises(psycopg.Error) as caught:
        mine.execute("CREATE INDEX ASYNC j ON t (b)")

    assert heard(caught.value) == OC001


def test_indexes_made_one_after_the_other_are_not_in_each_others_way(other):
    for number in range(60):
        table = f"t{number}"
        other.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, a int, b int, c int)")
        for column in "abc":
            other.execute(f"CREATE INDEX ASYNC {table}_{column} ON {table} ({column})")
