"""What is sent to PostgreSQL for one statement.

Law: pure. A refusal is brought about by PostgreSQL itself, in the statement's place, so that
PostgreSQL keeps the order of answers and the state of the transaction, and says 25P02 where a
block has failed. A refused statement itself is never sent.
"""

from dataclasses import dataclass
from typing import Final

from dsql_local.dialect.rules.transactions import ABORTED
from dsql_local.dialect.sql import literal
from dsql_local.dialect.statement import Kind, Question, Refusal, Rewrite, Statement
from dsql_local.faults import Drop, Lose
from dsql_local.jobs import submission
from dsql_local.wire import messages

# PostgreSQL reads a constant when it analyses a statement, later than its syntax and whether the
# block has failed, and before anything runs: in a Parse as in a simple query.
MARKER: Final = b"SELECT 'dsql_local.refused'::pg_catalog.int4"
MARKED: Final = b'"dsql_local.refused"'
ROLLBACK: Final = b"ROLLBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """Statements to run unseen *before*, and the text in a statement's place; None: its own.

    *drop* is when the connection ends, of itself, at this statement.
    """

    before: tuple[bytes, ...] = ()
    sql: bytes | None = None
    refusal: Refusal | None = None
    tag: str | None = None
    drop: Drop | None = None

    @property
    def plain(self) -> bool:
        """Whether the statement goes as it is and its answer too."""
        return self.sql is None and not self.before and self.drop is None


PLAIN: Final = Treatment()


def treated(statement: Statement, refusal: Refusal | None) -> Treatment:
    """Say what to send for a statement that meets *refusal* where it stands."""
    if refusal is not None and refusal.rule == ABORTED.id:
        # PostgreSQL says so by itself, after what it says about syntax.
        return _refused(statement.refusal) if statement.refusal else replaced(statement)
    misplaced = refusal is not None and refusal is not statement.refusal
    asked = tuple(each for each in statement.questions if each.early or not misplaced)
    before: tuple[bytes, ...] = (guard(asked),) if asked else ()
    if refusal is None:
        let = replaced(statement)
        return Treatment(before=before, sql=let.sql, tag=let.tag) if before else let
    if statement.kind is Kind.COMMIT:
        before += (ROLLBACK,)
    return _refused(refusal, before)


def replaced(statement: Statement) -> Treatment:
    """Say what to send for a statement that is let through."""
    verdict = statement.verdict
    if not isinstance(verdict, Rewrite):
        return PLAIN
    sql = submission(statement.job, verdict.sql) if statement.job else verdict.sql
    return Treatment(sql=sql, tag=verdict.tag)


def _refused(refusal: Refusal, before: tuple[bytes, ...] = ()) -> Treatment:
    return Treatment(before=before, sql=MARKER, refusal=refusal)


def guard(questions: tuple[Question, ...]) -> bytes:
    """A statement that fails with the first refusal among the answers, or says nothing."""
    asked = " ".join(
        f"PERFORM pg_dsql_local.refused({literal(each.sqlstate)}, q.message)"
        f" FROM ({each.sql}) AS q(message);"
        for each in questions
    )
    return f"DO {literal(f'BEGIN {asked} END')}".encode(errors="surrogateescape")


def lose(losing: Lose, statement: Statement) -> bytes:
    """A statement after which the transaction cannot be committed if it changes something."""
    certain = str(statement.kind is Kind.DDL).lower()
    asked = f"{literal(losing.sqlstate)}, {literal(losing.message)}, {certain}"
    return f"DO {literal(f'BEGIN PERFORM pg_dsql_local.lose({asked}); END')}".encode()


def error(refusal: Refusal) -> bytes:
    """Encode a refusal as a client sees it."""
    fields = {"S": "ERROR", "V": "ERROR", "C": refusal.sqlstate, "M": refusal.message}
    if refusal.detail:
        fields["D"] = refusal.detail
    if refusal.position is not None:
        fields["P"] = str(refusal.position)
    return messages.fields_message(b"E", fields)
