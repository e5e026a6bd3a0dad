"""Texts as clients send them: several statements, errors, odd bytes, repetition."""

import pytest

from dsql_local.dialect import classifier
from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.statement import Kind, Pass, Refusal, Rewrite, Span

CREATE_INDEX_ASYNC = b"CREATE UNIQUE INDEX ASYNC i ON t (a)"


def statements(sql):
    return Classifier().classify(sql)


def text_to_send(sql):
    (statement,) = statements(sql)
    assert isinstance(statement.verdict, Rewrite)
    return statement.verdict.sql


def test_each_statement_of_a_text_is_judged_where_it_stands():
    sql = b" SELECT 1; /* ; */ TRUNCATE t ;; -- end\n"

    first, second = statements(sql)

    assert sql[slice(*first.span)] == b"SELECT 1"
    assert sql[slice(*second.span)].strip() == b"TRUNCATE t"
    assert first.verdict == Pass()
    assert second.refusal is not None


@pytest.mark.parametrize("sql", [b"", b" ;; ", b"-- nothing\n", b"/* /* nested */ */"])
def test_a_text_without_statements_has_none(sql):
    assert statements(sql) == ()


def test_one_error_of_syntax_makes_the_whole_text_postgresqls_to_refuse():
    (statement,) = statements(b"TRUNCATE t; SELECT FROM WHERE")

    assert statement.kind is Kind.UNPARSED
    assert statement.span == Span(0, 29)
    assert statement.verdict == Pass()


def test_an_asynchronous_index_is_sent_without_its_mode_and_keeps_all_positions():
    (statement,) = statements(CREATE_INDEX_ASYNC)

    assert text_to_send(CREATE_INDEX_ASYNC) == b"CREATE UNIQUE INDEX       i ON t (a)"
    assert statement.kind is Kind.DDL
    assert statement.job is not None
    assert (statement.job.type, statement.job.relation, statement.job.name) == (
        "INDEX_BUILD",
        "t",
        "i",
    )


def test_the_word_after_index_is_the_mode_even_without_a_name():
    (statement,) = statements(b"create index/**/async on t (a)")

    assert statement.job is not None
    assert statement.job.name is None


def test_an_index_on_expressions_has_no_columns_to_ask_about():
    (statement,) = statements(b"CREATE INDEX ASYNC ON t ((a + 1))")

    assert [question.rule for question in statement.questions] == ["index.count"]


def test_async_is_no_mode_of_other_statements():
    (statement,) = statements(b"CREATE TABLE async (a int)")

    assert statement.job is None


def test_a_quoted_async_is_the_name_of_a_synchronous_index():
    (statement,) = statements(b'CREATE INDEX "async" ON t (a)')

    assert statement.job is None
    assert statement.questions[0].rule == "index.mode"


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        (b"CREATE INDEX ASYNC s.i ON t (a)", b"CREATE INDEX       s.i ON t (a)"),
        (
            b"CREATE INDEX ASYNC IF NOT EXISTS ON t (a)",
            b"CREATE INDEX       IF NOT EXISTS ON t (a)",
        ),
    ],
)
def test_an_error_in_an_asynchronous_index_is_found_where_it_is(sql, sent):
    assert text_to_send(sql) == sent


def test_a_constraint_is_validated_in_the_background():
    (statement,) = statements(b"ALTER TABLE ASYNC s.t VALIDATE CONSTRAINT c")

    assert statement.verdict == Rewrite(sql=b"ALTER TABLE       s.t VALIDATE CONSTRAINT c")
    assert statement.job is not None
    assert (statement.job.type, statement.job.name) == ("VALIDATE_CONSTRAINT", "c")


def test_a_table_may_be_named_async():
    (statement,) = statements(b"ALTER TABLE async ADD COLUMN a int")

    assert statement.job is None
    assert statement.verdict == Pass()


def test_aws_iam_statements_are_calls():
    sql = b"SELECT 1; AWS IAM GRANT \"App\" TO 'arn:it''s'; aws iam revoke B from 'arn:x'"

    _, grant, revoke = statements(sql)

    assert grant.kind is revoke.kind is Kind.DDL
    assert grant.verdict == Rewrite(sql=b"CALL pg_dsql_local.iam_grant(E'App', E'arn:it''s')")
    assert revoke.verdict == Rewrite(sql=b"CALL pg_dsql_local.iam_revoke(E'b', E'arn:x')")
    assert sql[slice(*grant.span)] == b"AWS IAM GRANT \"App\" TO 'arn:it''s'"


@pytest.mark.parametrize(
    "sql",
    [
        b"AWS IAM GRANT a FROM 'arn'",
        b"AWS IAM GRANT a TO arn",
        b"AWS IAM GRANT 'a' TO 'arn'",
        b"AWS IAM 'grant' a TO 'arn'",
        b"AWS IAM GRANT a TO 'arn' CASCADE",
        b"AWS",
    ],
)
def test_what_is_almost_an_aws_iam_statement_is_an_error_of_syntax(sql):
    (statement,) = statements(sql)

    assert statement.kind is Kind.UNPARSED
    assert statement.verdict == Pass()


def test_a_numeric_column_has_aurora_dsqls_precision():
    sql = b"CREATE TABLE t (a numeric, b DECIMAL NOT NULL, c numeric(9), d pg_catalog.numeric)"

    assert text_to_send(sql) == (
        b"CREATE TABLE t (a numeric(18,6), b DECIMAL(18,6) NOT NULL, c numeric(9),"
        b" d pg_catalog.numeric(18,6))"
    )
    assert text_to_send(b"ALTER TABLE t ADD a dec") == b"ALTER TABLE t ADD a dec(18,6)"


def test_an_action_on_a_numeric_column_changes_nothing_else():
    (statement,) = statements(b"ALTER TABLE t ALTER a SET DEFAULT 1::numeric")

    assert statement.verdict == Pass()


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        (b"SHOW server_version", b"SELECT pg_dsql_local.show('server_version') AS server_version"),
        (
            b"SET Disable_Sync_Create_Index = off",
            b"SET dsql_local.disable_sync_create_index = off",
        ),
        (
            b"SHOW disable_sync_create_index",
            (
                b"SELECT pg_dsql_local.show('dsql_local.disable_sync_create_index')"
                b" AS disable_sync_create_index"
            ),
        ),
    ],
)
def test_settings_postgresql_has_not_are_kept_under_another_name(sql, sent):
    assert text_to_send(sql) == sent


def test_positions_count_characters():
    (statement,) = statements("/* é */ CREATE TABLE t (a serial)".encode())
    verdict = statement.verdict

    assert isinstance(verdict, Refusal)
    assert verdict.position == "/* é */ CREATE TABLE t (a serial)".index("serial") + 1


def test_a_text_that_is_not_utf8_is_judged_all_the_same():
    (statement,) = statements(b'TRUNCATE "caf\xe9"')

    assert statement.refusal is not None


def test_a_text_of_hundreds_of_levels_is_judged():
    deep = b"SELECT " + b"+".join([b"1"] * 2000) + b", pg_backend_pid()"

    (statement,) = statements(deep)

    assert statement.refusal is not None


def test_a_text_too_deep_to_be_read_is_refused_as_postgresql_refuses_it():
    (statement,) = statements(
        b"SELECT ((" + b"+".join([b"1"] * 6000) + b") + CASE WHEN a THEN 1 END)"
    )

    assert statement.kind is Kind.UNPARSED
    assert statement.refusal is not None
    assert (statement.refusal.sqlstate, statement.refusal.message) == (
        "54001",
        "stack depth limit exceeded",
    )


def test_a_type_name_that_is_written_apart_stays_as_it_is():
    (statement,) = statements(b"CREATE TABLE t (a pg_catalog/**/.numeric)")

    assert statement.verdict == Pass()


def test_a_text_postgresql_cannot_send_is_no_statement():
    (statement,) = statements(b"SELECT 1\0")

    assert statement.kind is Kind.UNPARSED


def test_a_text_is_judged_once():
    twice = Classifier()

    assert twice.classify(b"SELECT 1") is twice.classify(b"SELECT 1")


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(classifier, "REMEMBERED", 2)
    few = Classifier()

    first = few.classify(b"SELECT 1")
    few.classify(b"SELECT 2")
    few.classify(b"SELECT 3")

    assert few.classify(b"SELECT 1") is not first
    assert few.classify(b"SELECT 1") == first


def test_a_long_text_is_not_remembered():
    long = b"SELECT '" + b"x" * classifier.LONGEST_REMEMBERED + b"'"
    forgetful = Classifier()

    assert forgetful.classify(long) is not forgetful.classify(long)
