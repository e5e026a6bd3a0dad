"""Which of several reasons a client hears: the statement's own, its place's, the catalogue's."""

import pytest

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.rules.transactions import SECOND_DEFINITION
from dsql_local.dialect.statement import Refusal
from dsql_local.session.treatment import MARKER, treated

MISPLACED = Refusal(
    rule=SECOND_DEFINITION.id,
    sqlstate=SECOND_DEFINITION.sqlstate,
    message=SECOND_DEFINITION.message,
)


def statement(sql):
    (found,) = Classifier().classify(sql.encode())
    return found


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t DROP COLUMN id",
        "CREATE TABLE t (a other)",
        "CREATE INDEX ASYNC i ON t (a)",
        "CREATE SCHEMA s",
    ],
)
def test_the_catalogue_is_asked_only_of_a_statement_that_is_in_its_place(sql):
    assert treated(statement(sql), None).before
    assert not treated(statement(sql), MISPLACED).before


def test_the_mode_of_an_index_is_wrong_in_any_place():
    found = treated(statement("CREATE INDEX i ON t (a)"), MISPLACED)

    assert len(found.before) == 1
    assert b"unsupported mode" in found.before[0]
    assert (found.sql, found.refusal) == (MARKER, MISPLACED)


def test_a_refusal_of_the_statement_itself_comes_after_what_was_asked_before_it():
    refused = statement("ALTER TABLE t DROP COLUMN id, ALTER a SET NOT NULL")

    found = treated(refused, refused.refusal)

    assert found.before
    assert found.refusal is refused.refusal
