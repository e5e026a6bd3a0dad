from typing import Any

import psycopg
import pytest
from psycopg import errors as pg

from vela.dsql import Deadline, RetryPolicy, transaction
from vela.errors import Conflict, ConnectionLost, DeadlineExceeded, OutcomeUnknown


def add(conn, table):
    """Read and write, as a lost update would."""
    (n,) = conn.execute(f"SELECT n FROM {table} WHERE id = 1".encode()).fetchone()
    conn.execute(f"UPDATE {table} SET n = %s WHERE id = 1".encode(), [n + 1])
    return n + 1


def value(pool, table):
    with pool.connection() as conn:
        return conn.execute(f"SELECT n FROM {table} WHERE id = 1".encode()).fetchone()[0]


def rivals(pool, table, times):
    """A function that lets another transaction commit first, *times* times."""
    left = [times]

    def fn(conn):
        (n,) = conn.execute(f"SELECT n FROM {table} WHERE id = 1".encode()).fetchone()
        if left[0]:
            left[0] -= 1
            with pool.connection() as rival:
                rival.execute(f"UPDATE {table} SET n = n + 100 WHERE id = 1".encode())
        conn.execute(f"UPDATE {table} SET n = %s WHERE id = 1".encode(), [n + 1])
        return n + 1

    return fn


def test_what_the_function_did_is_committed_and_its_value_returned(pool, table):
    assert transaction(pool, lambda conn: add(conn, table)) == 1

    assert value(pool, table) == 1


def test_a_function_that_loses_is_run_again_as_a_whole(pool, table):
    told: list[Any] = []
    waits: list[float] = []

    result = transaction(
        pool, rivals(pool, table, 2), on_retry=told.append, sleep=waits.append, roll=lambda: 0.5
    )

    assert result == 201
    assert value(pool, table) == 201
    assert [(r.attempt, r.error.sqlstate) for r in told] == [(1, "40001"), (2, "40001")]
    assert waits == [0.025, 0.05]


def test_a_function_that_loses_every_time_is_a_conflict(pool, table):
    with pytest.raises(Conflict, match="3 times") as lost:
        transaction(
            pool, rivals(pool, table, 99), policy=RetryPolicy(attempts=3), sleep=lambda _: None
        )

    assert lost.value.attempts == 3
    assert isinstance(lost.value.__cause__, pg.SerializationFailure)
    assert value(pool, table) == 300


def test_a_conflict_in_another_error_is_still_a_conflict(pool, table):
    tries = []

    def as_a_library_would(conn):
        tries.append(1)
        try:
            return rivals(pool, table, len(tries) == 1)(conn)
        except pg.SerializationFailure as error:
            raise RuntimeError("flush failed") from error

    assert transaction(pool, as_a_library_would, sleep=lambda _: None) == 101
    assert len(tries) == 2


def test_no_wait_goes_beyond_the_deadline(pool, table):
    with pytest.raises(Conflict, match="1 time"):
        transaction(
            pool,
            rivals(pool, table, 99),
            policy=RetryPolicy(base_s=60, cap_s=60),
            deadline=Deadline.after(20),
            sleep=lambda _: pytest.fail("slept"),
            roll=lambda: 0.99,
        )


def test_the_functions_own_error_rolls_back_and_passes(pool, table):
    class Mine(Exception):
        pass

    def fn(conn):
        add(conn, table)
        raise Mine

    with pytest.raises(Mine):
        transaction(pool, fn)

    assert value(pool, table) == 0
    assert pool.stats().discarded == 0


def test_a_refusal_of_the_database_is_the_functions_own_error(pool, table):
    with pytest.raises(pg.UniqueViolation):
        transaction(pool, lambda conn: conn.execute(f"INSERT INTO {table} VALUES (1, 5)".encode()))

    assert value(pool, table) == 0


def test_the_functions_own_error_passes_even_when_no_time_is_left_to_roll_back(pool, table):
    now = [0.0]
    deadline = Deadline.after(10, clock=lambda: now[0])

    def fn(conn):
        add(conn, table)
        now[0] = 11.0
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        transaction(pool, fn, deadline=deadline)

    assert value(pool, table) == 0


def test_a_deadline_that_passed_before_commit_is_no_open_outcome(pool, table):
    now = [0.0]
    deadline = Deadline.after(10, clock=lambda: now[0])

    def fn(conn):
        add(conn, table)
        now[0] = 11.0

    with pytest.raises(DeadlineExceeded):
        transaction(pool, fn, deadline=deadline)

    assert value(pool, table) == 0


def test_a_refusal_at_commit_is_the_databases_own_answer(pool, table):
    child = f"{table}_child"
    with pool.connection() as conn:
        conn.execute(
            f"CREATE TABLE {child} (id int PRIMARY KEY, t int REFERENCES {table}"
            " DEFERRABLE INITIALLY DEFERRED)".encode()
        )
    try:
        with pytest.raises(pg.ForeignKeyViolation):
            transaction(pool, lambda c: c.execute(f"INSERT INTO {child} VALUES (1, 99)".encode()))
    finally:
        with pool.connection() as conn:
            conn.execute(f"DROP TABLE {child}".encode())


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_the_function_may_not_end_the_transaction(pool, table, end):
    with pytest.raises(psycopg.ProgrammingError, match="forbidden"):
        transaction(pool, lambda conn: (add(conn, table), getattr(conn, end)()))

    assert value(pool, table) == 0


@pytest.mark.parametrize("end", [b"COMMIT", b"ROLLBACK"])
def test_a_function_that_ended_the_transaction_in_sql_is_found_out(pool, end):
    with pytest.raises(psycopg.ProgrammingError, match="ended the transaction"):
        transaction(pool, lambda conn: conn.execute(end))


def test_a_function_that_hides_a_database_error_is_found_out(pool, table):
    def fn(conn):
        add(conn, table)
        with pytest.raises(pg.UniqueViolation):
            conn.execute(f"INSERT INTO {table} VALUES (1, 5)".encode())

    with pytest.raises(psycopg.ProgrammingError, match="hid a database error"):
        transaction(pool, fn)

    assert value(pool, table) == 0


def test_a_rollback_without_a_value_is_refused(pool, table):
    def fn(conn):
        add(conn, table)
        raise psycopg.Rollback

    with pytest.raises(psycopg.ProgrammingError, match="an exception of your own"):
        transaction(pool, fn)

    assert value(pool, table) == 0


def test_a_transaction_inside_a_transaction_is_refused(pool):
    def nested(conn):
        with conn.transaction():
            pass

    def apart(_):
        transaction(pool, lambda _: None)

    for fn in (nested, apart):
        with pytest.raises(psycopg.ProgrammingError):
            transaction(pool, fn)

    assert transaction(pool, lambda _: "afterwards") == "afterwards"


def test_a_connection_lost_before_commit_committed_nothing(wired, wire, pool, table):
    def fn(conn):
        add(conn, table)
        wire.reset()
        add(conn, table)

    with pytest.raises(ConnectionLost):
        transaction(wired, fn)

    assert value(pool, table) == 0


def test_a_loss_that_the_function_hides_is_found_before_commit(wired, wire, pool, table):
    def fn(conn):
        add(conn, table)
        wire.reset()
        with pytest.raises(psycopg.OperationalError):
            add(conn, table)

    with pytest.raises(ConnectionLost):
        transaction(wired, fn)

    assert value(pool, table) == 0


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_connection_lost_at_commit_leaves_the_outcome_open(wired, wire, pool, table, fault):
    runs = []

    def fn(conn):
        runs.append(add(conn, table))
        wire.fail(fault)

    with pytest.raises(OutcomeUnknown) as lost:
        transaction(wired, fn)

    assert runs == [1], "it is never run again by itself"
    assert "find out" in lost.value.fix
    assert value(pool, table) == {"before": 0, "after": 1}[fault]


def test_a_deadline_that_passes_at_commit_leaves_the_outcome_open(wired, wire, pool, table):
    def fn(conn):
        add(conn, table)
        wire.fail("silence")

    value(wired, table)  # opens the connection, which may take the connector long
    with pytest.raises(OutcomeUnknown):
        transaction(wired, fn, deadline=Deadline.after(1))

    assert value(pool, table) == 0
