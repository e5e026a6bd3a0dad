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
from dsql_local.faults import Drop, Faults, Lose
from dsql_local.session.treatment import Treatment, lose, treated

IDLE: Final = Transaction()
# What a function wrote shows in PostgreSQL's count of rows alone.
WRITTEN: Final = Question(
    rule=DEFINITION_AND_WRITE.id,
    sqlstate=DEFINITION_AND_WRITE.sqlstate,
    sql=f"SELECT {literal(DEFINITION_AND_WRITE.message)} WHERE pg_dsql_local.so_far('rows') > 0",
)
# Statements that commit by themselves where no transaction is open, and those that may.
COMMITTING: Final = (Kind.WRITE, Kind.DDL)
ACCESSING: Final = (*COMMITTING, Kind.QUERY)


class Judge:
    """Judges the statements of one session, in order."""

    def __init__(self, limits: Limits, faults: Faults) -> None:
        self.transaction = IDLE
        self._limits = limits
        self._faults = faults
        # Whether something of this round was refused: PostgreSQL ignores the rest of it.
        self._over = False
        # What becomes of the transaction when it commits, if it changed something.
        self._losing: Lose | None = None
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
        if statement.kind is Kind.DDL and before.phase is not Phase.NONE and refusal is None:
            statement = replace(statement, questions=(WRITTEN, *statement.questions))
        if self.calm or refusal is not None:
            return treated(statement, refusal)
        return self._befallen(statement, before)

    @property
    def calm(self) -> bool:
        """Whether nothing is to go wrong."""
        return not (self._faults.commits or self._faults.accesses or self._losing)

    @property
    def alone(self) -> bool:
        """Whether a query that comes next and alone needs no judgement."""
        return self.transaction is IDLE and self.calm

    def struck(self) -> None:
        """The transaction has lost, as it was to."""
        self._losing = None

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
        if idle and self._losing is not None:
            self._faults.unmet(self._losing)
            self._losing = None
        self.transaction = IDLE if idle else transactions.settled(self.transaction, status)

    def _befallen(self, statement: Statement, before: Transaction) -> Treatment:
        """Let what is armed befall a statement that would be let through."""
        accesses = statement.kind in ACCESSING
        if accesses and (lost := self._faults.at_access()):
            self.transaction, self._over = transactions.failed(before), True
            refusal = Refusal(rule="fault", sqlstate=lost.sqlstate, message=lost.message)
            return treated(statement, refusal)
        treatment = treated(statement, None)
        commits = statement.kind is Kind.COMMIT if before.phase is Phase.BLOCK else accesses
        if not commits or before.phase is Phase.FAILED:
            return treatment
        return self._at_commit(statement, before, treatment)

    def _at_commit(
        self, statement: Statement, before: Transaction, treatment: Treatment
    ) -> Treatment:
        match self._losing or self._faults.next_at_commit:
            case Drop() as drop if _commits(statement, before):
                self._faults.at_commit()
                return replace(treatment, drop=drop)
            case Lose() as losing:
                if self._losing is None:
                    self._losing = losing
                    self._faults.at_commit()
                return replace(treatment, before=(*treatment.before, lose(losing, statement)))
            case _:
                return treatment


def _commits(statement: Statement, before: Transaction) -> bool:
    """Whether the transaction is committed by this statement, and changed something by its kind."""
    if before.phase is Phase.NONE:
        return statement.kind in COMMITTING
    return before.phase is Phase.BLOCK and statement.kind is Kind.COMMIT
