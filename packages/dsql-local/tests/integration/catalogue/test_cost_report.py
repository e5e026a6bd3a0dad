"""The estimate of cost that ends `EXPLAIN (ANALYZE, VERBOSE)`."""

import re

import psycopg
import pytest

MODES = [
    pytest.param({}, id="extended"),
    pytest.param({"prepare": True}, id="prepared"),
]


@pytest.fixture(scope="module")
def admin(server):
    made = server.create_cluster()
    try:
        with made.connect() as connection:
            connection.execute("CREATE TABLE t (id int PRIMARY KEY, a int)")
            yield connection
    finally:
        server.delete_cluster(made)


def lines(connection, statement, cursor=psycopg.Cursor, **mode):
    with cursor(connection) as running:
        running.execute(statement, **mode)
        assert running.statusmessage == "EXPLAIN"
        return [line for (line,) in running.fetchall()]


def dpu(report, name):
    (found,) = [line for line in report if line.startswith(f"  {name}: ")]
    assert re.fullmatch(
        rf"  {name}: \d+\.\d{{5}} DPU( \(Transaction minimum: \d\.\d{{5}}\))?", found
    )
    return float(found.split()[1])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("cursor", [psycopg.Cursor, psycopg.ClientCursor])
def test_the_estimate_follows_the_plan(admin, mode, cursor):
    said = lines(admin, "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM t", cursor, **mode)

    names = [re.sub(r":.*", "", line) for line in said if not line.startswith("  ")]
    assert names[-4:] == [
        "Query Identifier",
        "Planning Time",
        "Execution Time",
        "Statement DPU Estimate",
    ]
    report = said[said.index("Statement DPU Estimate:") :]
    assert dpu(report, "Read") == 0.00375
    assert dpu(report, "Write") == 0
    assert dpu(report, "Total") == pytest.approx(dpu(report, "Compute") + 0.00375, abs=2e-5)


def test_a_write_has_its_least_charge(admin):
    report = lines(admin, "EXPLAIN ANALYZE VERBOSE INSERT INTO t VALUES (1, 1)")

    assert "  Write: 0.05000 DPU (Transaction minimum: 0.05000)" in report
    assert admin.execute("SELECT * FROM t").fetchall() == [(1, 1)]


@pytest.mark.parametrize(
    "explain",
    [
        "EXPLAIN",
        "EXPLAIN ANALYZE",
        "EXPLAIN VERBOSE",
        "EXPLAIN (ANALYZE, VERBOSE off)",
        "EXPLAIN (ANALYZE, VERBOSE, FORMAT json)",
    ],
)
def test_other_forms_have_none(admin, explain):
    assert "DPU" not in str(admin.execute(f"{explain} SELECT 1").fetchall())


def test_equal_statements_have_one_identifier(admin):
    def identifier(statement):
        (found,) = [
            line
            for line in lines(admin, f"EXPLAIN (ANALYZE, VERBOSE) {statement}")
            if line.startswith("Query Identifier: ")
        ]
        return found.removeprefix("Query Identifier: ")

    first = identifier("SELECT * FROM t WHERE id = 1")

    assert re.fullmatch(r"[a-z2-7]{13}", first)
    assert identifier("SELECT * FROM t WHERE id = 1") == first
    assert identifier("SELECT a FROM t") != first


def test_the_rest_of_a_text_is_answered_as_ever(admin):
    with psycopg.ClientCursor(admin) as cursor:
        cursor.execute("SELECT 1; EXPLAIN (ANALYZE, VERBOSE) SELECT 2; SELECT 3")

        assert cursor.fetchall() == [(1,)]
        assert cursor.nextset()
        assert cursor.fetchall()[-1][0].startswith("  Total: ")
        assert cursor.nextset()
        assert cursor.fetchall() == [(3,)]
