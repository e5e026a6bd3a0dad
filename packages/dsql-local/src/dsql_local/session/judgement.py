"""Where a session's transaction stands, and what becomes of a statement there.

Law: pure; time is an argument, faults are what they were armed to be. The state is foreseen
statement by statement and put right by PostgreSQL's own at the end of each round.
"""

from dataclasses import replace
from typing import Final

from dsql_local.dialect import transaction as transactions
from dsql_local.dialect.limits import Limits
from dsql_local.dialect.rules.transactions import DEFINITION_AND_WRITE
from dsql_local.dialect.sql import literal
from dsql_local.dialect.statement import Kind, Question, Refusal, Statement
from dsql_local.dialect.transaction import Phase, Transaction, too_old
from dsql_local.faults import Faults, Lose
from dsql_local.session.treatment import Treatment, treated

IDLE: Final = Transaction()
# What a function wrote shows in PostgreSQL's count of rows alone.
WRITTEN: Final = Question(
    rule=DEFINITION_AND_WRITE.id,
    sqlstate=DEFINITION_AND_WRITE.sqlstate,
    sql=f"SELECT {literal(DEFINITION_AND_WRITE.message)} WHERE pg_dsql_local.so_far('rows') > 0",
)
# Statements that commit by themselves where no transaction is open.
COMMITTING: Final = (Kind.WRITE, Kind.DDL)


class Judge:
    """Judges the statements of one session, in order."""

    def __init__(self, limits: Limits, faults: Faults) -> None:
        self.transaction = IDLE
        self._limits = limits
        self._faults = faults
        # Whether something of this round was refused: PostgreSQL ignores the rest of it.
        self._over = False
        # Since when one query has been this whole round, outside a block.
        self._reading: float | None = None

    def judge(self, statement: Statement, now: float) -> Treatment:
        """Say what to send for the statement that comes next, as if those before it succeed."""
        if self._over:
            return treated(statement, statement.refusal)
        before = self.transaction
        alone = before.phase is Phase.NONE and statement.kind is Kind.QUERY
        self._reading = now if alone else None
        self.transaction, refusal = transactions.step(
            before, statement, now=now, limits=self._limits
        )
        self._over = refusal is not None
        if self._faults.commits and not self._over and _commits(statement, before):
            return self._befallen(statement, before)
        if statement.kind is Kind.DDL and before.phase is not Phase.NONE and refusal is None:
            statement = replace(statement, questions=(WRITTEN, *statement.questions))
        return treated(statement, refusal)

    def reads(self, now: float) -> None:
        """A query comes next that stands alone and goes as it is."""
        self._reading = now

    def outlived(self, now: float) -> Refusal | None:
        """Why a query that is a transaction by itself cannot be committed any more."""
        return None if self._reading is None else too_old(self._reading, now, self._limits)

    def refused(self) -> None:
        """A statement was refused when it was prepared."""
        if not self._over:
            self.transaction, self._over = transactions.failed(self.transaction), True

    def settled(self, status: bytes) -> None:
        """A round has ended, and PostgreSQL says where things stand."""
        self._over, self._reading = False, None
        idle = status == b"I"
        self.transaction = IDLE if idle else transactions.settled(self.transaction, status)

    def _befallen(self, statement: Statement, before: Transaction) -> Treatment:
        match self._faults.at_commit():
            case Lose(sqlstate=sqlstate, message=message):
                self.transaction = transactions.failed(before, at=statement.kind)
                self._over = True
                lost = Refusal(rule="fault.commit", sqlstate=sqlstate, message=message)
                return treated(statement, lost)
            case drop:
                return replace(treated(statement, None), drop=drop)


def _commits(statement: Statement, before: Transaction) -> bool:
    if before.phase is Phase.NONE:
        return statement.kind in COMMITTING
    return before.phase is Phase.BLOCK and statement.kind is Kind.COMMIT
