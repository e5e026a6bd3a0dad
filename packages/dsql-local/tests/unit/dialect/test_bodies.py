"""What a function would run is judged when the function is made."""

import pytest

from dsql_local.dialect.classifier import Classifier

MADE = "CREATE FUNCTION f() RETURNS int {}"


def refusal(statement):
    (judged,) = Classifier().classify(statement.encode())
    return judged.refusal and judged.refusal.message


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("LANGUAGE sql AS 'TRUNCATE t; SELECT 1'", "unsupported statement: Truncate"),
        ("LANGUAGE SQL AS $$ SELECT 1; LISTEN c $$", "unsupported statement: Listen"),
        ("AS 'SELECT pg_advisory_lock(1)' LANGUAGE sql", "function pg_advisory_lock not supported"),
        (
            "LANGUAGE plpgsql AS 'BEGIN END'",
            "CREATE FUNCTION with language plpgsql not supported",
        ),
        (
            "LANGUAGE sql AS $$ CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'LISTEN c' $$",
            "unsupported statement: Listen",
        ),
        ("LANGUAGE sql AS 'SELECT 1'", None),
        ("LANGUAGE sql AS 'SELEC 1'", None),
        ("LANGUAGE sql AS ''", None),
        ("LANGUAGE sql RETURN 1", None),
        ("LANGUAGE sql BEGIN ATOMIC SELECT 1; END", None),
    ],
)
def test_the_body_of_a_function_holds_nothing_that_is_refused(definition, message):
    assert refusal(MADE.format(definition)) == message


def test_a_position_in_a_body_is_none_in_the_statement():
    (judged,) = Classifier().classify(
        MADE.format("LANGUAGE sql AS 'CREATE TABLE t (a serial)'").encode()
    )

    assert judged.refusal
    assert judged.refusal.position is None


def test_what_only_the_catalogue_knows_of_a_body_is_asked_for_the_function():
    (judged,) = Classifier().classify(
        MADE.format("LANGUAGE sql AS 'CREATE INDEX i ON t (a); SELECT 1'").encode()
    )

    assert "index.mode" in {question.rule for question in judged.questions}
