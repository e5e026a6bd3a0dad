"""Faults on demand, through the client a test of an application would use."""

import time

import psycopg
import pytest

from dsql_local.fault_switch import FaultSwitch

OC000 = ("40001", "change conflicts with another transaction (OC000)")
OC001 = ("40001", "schema has been updated by another transaction (OC001)")


class Controlled:
    """A cluster of the server under test, as an `Endpoint` is one."""

    def __init__(self, server, cluster):
        self.identifier = cluster.identifier
        self.control = server.control


@pytest.fixture
def switch(server, cluster):
    return FaultSwitch(Controlled(server, cluster))


@pytest.fixture
def admin(cluster):
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
        yield connection


def rows(cluster):
    with cluster.connect() as connection:
        return [row for (row,) in connection.execute("SELECT id FROM t ORDER BY id")]


def refusal(action):
    with pytest.raises(psycopg.Error) as caught:
        action()
    return caught.value.sqlstate, caught.value.diag.message_primary


@pytest.mark.parametrize(("fault", "error"), [("lose_oc000", OC000), ("lose_oc001", OC001)])
def test_the_next_commit_loses_and_the_one_after_does_not(cluster, switch, admin, fault, error):
    switch.arm(fault)

    admin.execute("BEGIN")
    admin.execute("INSERT INTO t VALUES (1)")
    assert refusal(lambda: admin.execute("COMMIT")) == error
    assert admin.info.transaction_status == psycopg.pq.TransactionStatus.IDLE

    assert rows(cluster) == []
    with admin.transaction():
        admin.execute("INSERT INTO t VALUES (2)")
    assert rows(cluster) == [2]


@pytest.mark.parametrize("prepare", [False, True])
def test_a_write_without_a_block_loses_as_a_commit_does(cluster, switch, admin, prepare):
    switch.arm("lose_oc000", times=2)

    for _ in range(2):
        insert = "INSERT INTO t VALUES (%s) RETURNING id"
        assert refusal(lambda: admin.execute(insert, [1], prepare=prepare)) == OC000  # noqa: B023 - called at once

    assert admin.execute("INSERT INTO t VALUES (%s) RETURNING id", [1]).fetchall() == [(1,)]
    assert rows(cluster) == [1]


def test_reading_meets_no_fault_of_a_commit(switch, admin):
    switch.arm("lose_oc000")

    admin.execute("SELECT 1")

    assert switch.armed() == {"lose_oc000": 1}


@pytest.mark.parametrize("fault", ["lose_oc000", "lose_oc001"])
@pytest.mark.parametrize(
    "statements",
    [
        ["BEGIN", "SELECT * FROM t", "COMMIT"],
        ["BEGIN READ ONLY", "SELECT * FROM t", "COMMIT"],
        ["BEGIN", "UPDATE t SET id = 2 WHERE false", "COMMIT"],
        ["BEGIN", "INSERT INTO t VALUES (1)", "ROLLBACK"],
        ["DELETE FROM t"],
        ["SELECT * FROM t; SELECT 1; BEGIN; SELECT 2; COMMIT"],
    ],
)
def test_a_transaction_that_changes_nothing_does_not_lose(switch, admin, fault, statements):
    switch.arm(fault)

    for statement in statements:
        admin.execute(statement)

    assert switch.armed() == {fault: 1}


@pytest.mark.parametrize(
    "statements",
    [
        ["SELECT f()"],
        ["BEGIN", "SELECT f()", "COMMIT"],
        ["BEGIN", "SELECT * FROM parent FOR UPDATE", "COMMIT"],
        ["SELECT 1; INSERT INTO t VALUES (1)"],
        ["SELECT 1; BEGIN; INSERT INTO t VALUES (1); COMMIT"],
        ["CREATE TABLE other (id int)"],
        ["SELECT 1; CREATE TABLE other (id int)"],
        ["COMMENT ON TABLE t IS 'x'"],
    ],
)
def test_a_transaction_that_changes_something_loses_however_it_does(
    cluster, switch, admin, statements
):
    admin.execute(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING id'"
    )
    admin.execute("CREATE TABLE parent (id int PRIMARY KEY)")
    admin.execute("INSERT INTO parent VALUES (1)")
    switch.arm("lose_oc000")

    *others, last = statements
    for statement in others:
        admin.execute(statement)

    assert refusal(lambda: admin.execute(last)) == OC000
    assert admin.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert rows(cluster) == []
    assert switch.armed() == {}


@pytest.mark.parametrize("block", [True, False])
def test_what_a_transaction_breaks_by_itself_comes_first(switch, admin, block):
    admin.execute(
        "CREATE TABLE child (id int PRIMARY KEY,"
        " t int REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    switch.arm("lose_oc000")
    if block:
        admin.execute("BEGIN")
        admin.execute("INSERT INTO child VALUES (1, 1)")

    last = "COMMIT" if block else "INSERT INTO child VALUES (1, 1)"

    assert refusal(lambda: admin.execute(last))[0] == "23503"
    assert switch.armed() == {"lose_oc000": 1}


@pytest.mark.parametrize("prepare", [False, True])
@pytest.mark.parametrize("block", ["BEGIN", "BEGIN READ ONLY"])
def test_a_changed_schema_shows_at_the_next_statement(switch, admin, block, prepare):
    admin.execute(block)
    switch.arm("lose_oc001", at="statement")

    assert refusal(lambda: admin.execute("SELECT * FROM t", prepare=prepare)) == OC001

    assert admin.info.transaction_status == psycopg.pq.TransactionStatus.INERROR
    admin.execute("ROLLBACK")
    assert admin.execute("SELECT * FROM t", prepare=prepare).fetchall() == []


@pytest.mark.parametrize(("fault", "at"), [("lose_oc000", "statement"), ("lose_oc001", "noon")])
def test_a_fault_has_its_occasions(server, cluster, fault, at):
    with pytest.raises(Exception, match="400"):
        server.control("POST", f"/clusters/{cluster.identifier}/faults", {"fault": fault, "at": at})


@pytest.mark.parametrize(
    ("fault", "kept"), [("drop_before_commit", []), ("drop_after_commit", [1])]
)
def test_the_connection_ends_around_a_commit(cluster, switch, admin, fault, kept):
    switch.arm(fault)
    admin.execute("BEGIN")
    admin.execute("INSERT INTO t VALUES (1)")

    assert refusal(lambda: admin.execute("COMMIT")) == (None, None)

    assert admin.closed
    assert rows(cluster) == kept


@pytest.mark.parametrize(
    ("fault", "kept"), [("drop_before_commit", []), ("drop_after_commit", [1])]
)
def test_the_connection_ends_around_a_write_without_a_block(cluster, switch, admin, fault, kept):
    switch.arm(fault)

    assert refusal(lambda: admin.execute("INSERT INTO t VALUES (%s)", [1])) == (None, None)

    assert rows(cluster) == kept


def test_a_delay_holds_one_statement(switch, admin):
    switch.arm("delay", seconds=0.3)

    began = time.monotonic()
    admin.execute("SELECT 1")

    assert time.monotonic() - began >= 0.3
    assert switch.armed() == {}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("refuse_rate_exceeded", "Unable to accept connection, rate exceeded."),
        ("refuse_too_many_connections", "Unable to accept connection, too many open connections."),
        (
            "refuse_waking_up",
            "unable to accept connection, waking up cluster, please retry later",
        ),
        (
            "expire_credentials",
            "unable to accept connection, access denied\nHINT:  Signature expired:",
        ),
    ],
)
def test_the_next_connection_is_refused_and_the_one_after_is_not(cluster, switch, fault, message):
    switch.arm(fault)

    with pytest.raises(psycopg.OperationalError, match="FATAL") as caught:
        cluster.connect()

    assert message in str(caught.value)
    cluster.connect().close()


def test_faults_are_met_in_the_order_they_were_armed_in(switch, admin):
    switch.arm("lose_oc001")
    switch.arm("lose_oc000")

    assert refusal(lambda: admin.execute("INSERT INTO t VALUES (1)")) == OC001
    assert refusal(lambda: admin.execute("INSERT INTO t VALUES (1)")) == OC000


def test_faults_are_of_one_cluster(server, switch):
    switch.arm("lose_oc000")

    with server.cluster.connect() as other:
        other.execute("CREATE TABLE untouched (id int)")
        other.execute("DROP TABLE untouched")

    assert switch.armed() == {"lose_oc000": 1}


def test_cleared_faults_are_not_met(switch, admin):
    switch.arm("lose_oc000", times=3)
    switch.arm("delay", seconds=60)
    switch.clear()

    admin.execute("INSERT INTO t VALUES (1)")

    assert switch.armed() == {}


def test_a_fault_that_does_not_exist_is_refused(server, cluster):
    with pytest.raises(Exception, match="400"):
        server.control("POST", f"/clusters/{cluster.identifier}/faults", {"fault": "earthquake"})


def test_a_transaction_grows_old_when_time_passes(switch, admin):
    admin.execute("BEGIN")
    admin.execute("INSERT INTO t VALUES (1)")

    switch.advance(301)

    assert refusal(lambda: admin.execute("COMMIT")) == (
        "54000",
        "transaction age limit of 300s exceeded",
    )


def test_a_connection_ends_after_an_hour_without_a_word(switch, admin):
    switch.advance(3000)
    admin.execute("SELECT 1")

    switch.advance(600)

    assert refusal(lambda: admin.execute("SELECT 1")) == (None, None)
    assert admin.closed


def test_a_connection_made_later_has_an_hour_of_its_own(cluster, switch):
    switch.advance(3000)
    with cluster.connect() as connection:
        switch.advance(3000)

        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cluster_put_to_sleep_wakes_up_for_the_second_connection(cluster, switch):
    switch.put_to_sleep()

    with pytest.raises(psycopg.OperationalError, match="waking up cluster"):
        cluster.connect()

    cluster.connect().close()


def test_a_cluster_put_to_sleep_is_awake_again_when_all_is_cleared(cluster, switch):
    switch.put_to_sleep()
    switch.clear()

    cluster.connect().close()
