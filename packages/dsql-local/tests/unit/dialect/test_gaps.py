"""What shows as a gap of the rules, and what does not."""

import pytest

from dsql_local.dialect.classifier import Classifier


def gap(text):
    (statement,) = Classifier().classify(text.encode())
    assert statement.refusal is None
    return statement.unknown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALTER INDEX i DEPENDS ON EXTENSION e", "AlterObjectDepends"),
        ("SELECT pg_export_snapshot()", "function pg_export_snapshot"),
        ("SELECT PG_CATALOG.Pg_Logical_Emit_Message(true, 'a', 'b')", None),
        ("WITH a AS (SELECT txid_current()) SELECT 1 FROM a", "function txid_current"),
        ("INSERT INTO t VALUES (pg_read_file('x'))", "function pg_read_file"),
        ("SELECT query_to_xml('SELECT 1', true, true, '')", "function query_to_xml"),
        ("COMMENT ON ROLE a IS 'x'", "Comment of OBJECT_ROLE"),
        ("EXPLAIN (ANALYZE, WAL) SELECT 1", "Explain with wal"),
        ("ALTER TABLE t ALTER CONSTRAINT c DEFERRABLE", "AT_AlterConstraint"),
    ],
)
def test_what_no_rule_knows_is_named(text, expected):
    assert gap(text) == (expected or "function pg_logical_emit_message")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "SELECT 'pg_export_snapshot()'",
        "SELECT mine.pg_thing(), pg_table_is_visible(1), pg_get_userbyid(1)",
        "COPY t FROM STDIN WITH (FORMAT csv, HEADER)",
        "EXPLAIN (ANALYZE, VERBOSE) SELECT 1",
        "CREATE ROLE a WITH LOGIN",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
        "CREATE SEQUENCE s CACHE 1",
        "ALTER TABLE t ADD COLUMN a int",
        "ALTER TABLE t RENAME COLUMN a TO b",
        "COMMENT ON TABLE t IS 'x'",
        "DROP TABLE t",
        "BEGIN READ ONLY",
        "ANALYZE t",
    ],
)
def test_what_is_known_has_no_gap(text):
    assert gap(text) == ""


def test_a_statement_that_is_refused_has_no_gap():
    (statement,) = Classifier().classify(b"SELECT lo_create(0), pg_export_snapshot()")

    assert statement.refusal is not None
    assert not statement.unknown
