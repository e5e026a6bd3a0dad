"""What the rules ask the catalogue is asked of a real one."""

import pytest
from psycopg import sql

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.limits import Limits
from dsql_local.dialect.statement import Rewrite
from dsql_local.dialect.table import RULES

FULL = Limits(schemas=0, tables=0, views=0, sequences=0, columns=1, indexes=1, statistics=0)


@pytest.fixture
def tables(connection):
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("CREATE SCHEMA public")
    connection.execute("CREATE DOMAIN word AS text")
    connection.execute("CREATE TABLE other (a int, b int)")
    connection.execute("CREATE VIEW arrays AS SELECT 1 AS b, ARRAY[1] AS c")
    connection.execute("CREATE TABLE wide (a int, b text, c text, d text, e text)")
    connection.execute(
        "CREATE TABLE t (id int, small int, big bigint, j jsonb, w varchar(1500), x varchar(501),"
        " PRIMARY KEY (id))"
    )
    return connection


def answers(connection, statement, limits=None):
    """The first refusal PostgreSQL's answers make of a statement."""
    (judged,) = Classifier(limits or Limits()).classify(statement.encode())
    assert judged.questions
    for question in judged.questions:
        for (message,) in connection.execute(question.sql.encode()):
            return question.sqlstate, message
    return None


@pytest.mark.parametrize(
    ("statement", "sqlstate", "message"),
    [
        ("ALTER TABLE t DROP COLUMN id", "0A000", "cannot drop primary key column id"),
        ("ALTER TABLE public.t DROP id", "0A000", "cannot drop primary key column id"),
        (
            "ALTER TABLE t DROP CONSTRAINT t_pkey",
            "0A000",
            "unsupported ALTER TABLE DROP CONSTRAINT statement",
        ),
        (
            "ALTER TABLE t ALTER small ADD GENERATED ALWAYS AS IDENTITY (CACHE 1)",
            "0A000",
            "datatype integer not supported, identity column type must be bigint",
        ),
        ("CREATE TABLE u (a other)", "0A000", "datatype other not supported"),
        ("CREATE TABLE u (LIKE pg_catalog.pg_namespace)", "0A000", "datatype oid not supported"),
        ("CREATE TABLE u (a int, LIKE arrays)", "0A000", "datatype integer[] not supported"),
        ("CREATE TABLE u (a word[])", "0A000", "datatype word[] not supported"),
        (
            "CREATE INDEX i ON t (small)",
            "0A000",
            "unsupported mode. please use CREATE INDEX ASYNC.",
        ),
        ("CREATE INDEX ASYNC i ON t (j)", "0A000", "datatype jsonb is not supported in a key"),
        (
            "CREATE INDEX ASYNC i ON t (w, x)",
            "54000",
            "key size greater than 2000 bytes not supported",
        ),
        (
            "SELECT t.id, l.x FROM t LEFT JOIN LATERAL (SELECT t.w AS x FROM wide) l ON true",
            "42804",
            "attribute 5 of type wide has wrong type",
        ),
        (
            (
                "INSERT INTO other (a) SELECT l.x FROM public.t AS o JOIN other ON true"
                " LEFT JOIN LATERAL (SELECT o.big::int + 1 AS x FROM wide i WHERE i.a = o.id) l ON true"
            ),
            "42804",
            "attribute 3 of type wide has wrong type",
        ),
    ],
)
def test_the_catalogue_makes_it_a_refusal(tables, statement, sqlstate, message):
    assert answers(tables, statement) == (sqlstate, message)


@pytest.mark.parametrize(
    ("statement", "sqlstate", "message"),
    [
        ("CREATE SCHEMA s", "54000", "more than 0 schemas not allowed"),
        ("CREATE TABLE u (a int)", "54000", "creating more than 0 tables not allowed"),
        ("CREATE VIEW v AS SELECT 1", "54000", "creating more than 0 views not allowed"),
        ("CREATE SEQUENCE s CACHE 1", "54000", "creating more than 0 sequences is not allowed"),
        ("CREATE INDEX ASYNC i ON t (w)", "54000", "more than 1 indexes per table are not allowed"),
        (
            "CREATE STATISTICS s ON a, b FROM other",
            "54000",
            "more than 0 extended statistics per table are not allowed",
        ),
        ("ALTER TABLE t ADD a int", "54011", "cannot use more than 1 columns in an index"),
        ("ALTER TABLE other ADD c int", "54011", "tables can have at most 255 columns"),
    ],
)
def test_a_quota_that_is_used_up_makes_it_a_refusal(tables, statement, sqlstate, message):
    assert answers(tables, statement, FULL) == (sqlstate, message)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t DROP COLUMN small",
        "ALTER TABLE nowhere DROP COLUMN id",
        "ALTER TABLE t DROP CONSTRAINT another",
        "ALTER TABLE t ALTER big ADD GENERATED ALWAYS AS IDENTITY (CACHE 1)",
        "ALTER TABLE t ADD a int",
        "CREATE TABLE u (a word)",
        "CREATE TABLE u (LIKE t INCLUDING ALL)",
        "CREATE TABLE u (LIKE nowhere)",
        "CREATE TABLE u (a nowhere)",
        "CREATE INDEX ASYNC i ON t (small, w)",
        "CREATE INDEX ASYNC i ON nowhere (j)",
        "CREATE SCHEMA s",
        "CREATE VIEW v AS SELECT 1",
        "CREATE SEQUENCE s CACHE 1",
        "SELECT t.id, l.x FROM t LEFT JOIN LATERAL (SELECT t.id AS x FROM wide) l ON true",
        "SELECT t.id, l.x FROM t LEFT JOIN LATERAL (SELECT t.small AS x FROM arrays) l ON true",
    ],
)
def test_without_an_answer_a_statement_goes_on(tables, statement):
    assert answers(tables, statement) is None


def test_the_mode_of_an_index_is_a_setting(tables):
    (allow,) = Classifier().classify(b"SET disable_sync_create_index = off")
    assert isinstance(allow.verdict, Rewrite)

    tables.execute(allow.verdict.sql)

    assert answers(tables, "CREATE INDEX i ON t (small)") is None


def test_names_and_types_of_clients_are_only_names(tables):
    name = "a'b\"c\\d; DROP TABLE t --"
    quoted = sql.Identifier(name).as_string(tables)

    assert answers(tables, f"ALTER TABLE {quoted} DROP COLUMN {quoted}") is None
    assert answers(tables, f"CREATE TABLE u (a {quoted})") is None


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, id=rule.id) for rule in RULES if rule.question]
)
def test_postgresql_understands_every_question(tables, rule):
    (judged,) = Classifier().classify(rule.example.encode())
    (question,) = [each for each in judged.questions if each.rule == rule.id]

    tables.execute(question.sql.encode())
