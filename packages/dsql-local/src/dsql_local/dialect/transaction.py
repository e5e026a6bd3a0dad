"""Where a session's transaction stands, and what may come next.

Law: a state machine as a table, pure; time is an argument. It follows PostgreSQL's own blocks,
explicit and implicit, so its status is always the letter of the next ReadyForQuery.

The statements of one simple query, and those of one pipeline up to its Sync, are one implicit
transaction. A statement is judged as if all before it succeed; where one did not, PostgreSQL
ignores the rest by itself, and `settled` puts the machine right. A refusal that the catalogue
decides (a `Question`) is such a failure. READ ONLY is PostgreSQL's own; rows and bytes written are
counted where they are written (``postgres/limits.sql``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, Literal

from dsql_local.dialect.limits import DEFAULT, Limits
from dsql_local.dialect.rule import Rule
from dsql_local.dialect.rules.transactions import (
    ABORTED,
    AGE,
    ALONE,
    DEFINITION_AND_WRITE,
    SECOND_DEFINITION,
    WAIT,
)
from dsql_local.dialect.statement import Kind, Refusal, Statement


class Phase(Enum):
    """Where a transaction stands."""

    NONE = auto()
    IMPLICIT = auto()
    BLOCK = auto()
    FAILED = auto()


class Event(Enum):
    """What moves it."""

    BEGIN = auto()
    STATEMENT = auto()
    FAILURE = auto()
    END = auto()
    MESSAGE_ENDED = auto()


TRANSITIONS: Final[Mapping[tuple[Phase, Event], Phase]] = {
    (Phase.NONE, Event.BEGIN): Phase.BLOCK,
    (Phase.NONE, Event.STATEMENT): Phase.IMPLICIT,
    (Phase.NONE, Event.FAILURE): Phase.NONE,
    (Phase.NONE, Event.END): Phase.NONE,
    (Phase.NONE, Event.MESSAGE_ENDED): Phase.NONE,
    (Phase.IMPLICIT, Event.BEGIN): Phase.BLOCK,
    (Phase.IMPLICIT, Event.STATEMENT): Phase.IMPLICIT,
    (Phase.IMPLICIT, Event.FAILURE): Phase.NONE,
    (Phase.IMPLICIT, Event.END): Phase.NONE,
    (Phase.IMPLICIT, Event.MESSAGE_ENDED): Phase.NONE,
    (Phase.BLOCK, Event.BEGIN): Phase.BLOCK,
    (Phase.BLOCK, Event.STATEMENT): Phase.BLOCK,
    (Phase.BLOCK, Event.FAILURE): Phase.FAILED,
    (Phase.BLOCK, Event.END): Phase.NONE,
    (Phase.BLOCK, Event.MESSAGE_ENDED): Phase.BLOCK,
    (Phase.FAILED, Event.BEGIN): Phase.FAILED,
    (Phase.FAILED, Event.STATEMENT): Phase.FAILED,
    (Phase.FAILED, Event.FAILURE): Phase.FAILED,
    (Phase.FAILED, Event.END): Phase.NONE,
    (Phase.FAILED, Event.MESSAGE_ENDED): Phase.FAILED,
}
STATUS: Final[Mapping[Phase, Literal[b"I", b"T", b"E"]]] = {
    Phase.NONE: b"I",
    Phase.IMPLICIT: b"I",
    Phase.BLOCK: b"T",
    Phase.FAILED: b"E",
}
ENDS: Final = frozenset({Kind.COMMIT, Kind.ROLLBACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What counts of the statements since the transaction began."""

    phase: Phase = Phase.NONE
    began: float = 0.0
    defined: bool = False
    wrote: bool = False

    @property
    def status(self) -> Literal[b"I", b"T", b"E"]:
        """The letter PostgreSQL has for it in ReadyForQuery."""
        return STATUS[self.phase]


def judge(
    transaction: Transaction, statement: Statement, *, now: float, limits: Limits = DEFAULT
) -> Refusal | None:
    """What keeps *statement* from running here, the first reason first."""
    if transaction.phase is Phase.FAILED:
        return None if statement.kind in ENDS else _refused(ABORTED)
    if statement.refusal:
        return statement.refusal
    if statement.kind is Kind.ROLLBACK or transaction.phase is Phase.NONE:
        return None
    return too_old(transaction.began, now, limits) or _misplaced(transaction, statement)


def too_old(began: float, now: float, limits: Limits) -> Refusal | None:
    """What keeps a transaction that *began* then from going on, and from being committed."""
    found = AGE.judge(int(now - began), limits)
    return found if isinstance(found, Refusal) else None


def followed(transaction: Transaction, statement: Statement, *, now: float) -> Transaction:
    """The transaction after *statement* succeeded."""
    match statement.kind:
        case Kind.COMMIT | Kind.ROLLBACK:
            ended = _moved(transaction, Event.END)
            begins = statement.chain and transaction.phase in {Phase.BLOCK, Phase.FAILED}
            return Transaction(phase=Phase.BLOCK, began=now) if begins else ended
        case Kind.BEGIN:
            return _moved(_started(transaction, now), Event.BEGIN)
        case Kind.DDL:
            return replace(_carried_on(transaction, now), defined=True)
        case Kind.WRITE:
            return replace(_carried_on(transaction, now), wrote=True)
        case _:
            return _carried_on(transaction, now)


def failed(transaction: Transaction, *, at: Kind = Kind.QUERY) -> Transaction:
    """The transaction after a statement failed; a COMMIT that fails ends it."""
    return _moved(transaction, Event.END if at is Kind.COMMIT else Event.FAILURE)


def message_ended(transaction: Transaction) -> Transaction:
    """The transaction after a simple query, or at a Sync."""
    return _moved(transaction, Event.MESSAGE_ENDED)


def settled(transaction: Transaction, status: bytes) -> Transaction:
    """The transaction at a ReadyForQuery with this status: what PostgreSQL says is so.

    It differs from what was foreseen when a statement failed for a reason of PostgreSQL's own.
    """
    transaction = message_ended(transaction)
    if status == transaction.status:
        return transaction
    match status:
        case b"T":
            return replace(transaction, phase=Phase.BLOCK)
        case b"E":
            return replace(transaction, phase=Phase.FAILED)
        case _:
            return Transaction()


def step(
    transaction: Transaction, statement: Statement, *, now: float, limits: Limits = DEFAULT
) -> tuple[Transaction, Refusal | None]:
    """Judge and follow in one: the next state, if what is let through succeeds."""
    if refusal := judge(transaction, statement, now=now, limits=limits):
        return failed(transaction, at=statement.kind), refusal
    return followed(transaction, statement, now=now), None


def _carried_on(transaction: Transaction, now: float) -> Transaction:
    """The transaction after one more statement; most change nothing."""
    if transaction.phase is Phase.NONE:
        return Transaction(phase=Phase.IMPLICIT, began=now)
    return transaction


def _started(transaction: Transaction, now: float) -> Transaction:
    return Transaction(began=now) if transaction.phase is Phase.NONE else transaction


def _moved(transaction: Transaction, event: Event) -> Transaction:
    phase = TRANSITIONS[transaction.phase, event]
    return Transaction() if phase is Phase.NONE else replace(transaction, phase=phase)


def _misplaced(transaction: Transaction, statement: Statement) -> Refusal | None:
    defines, writes = statement.kind is Kind.DDL, statement.kind is Kind.WRITE
    if defines and transaction.defined:
        return _refused(SECOND_DEFINITION)
    if (defines and transaction.wrote) or (writes and transaction.defined):
        return _refused(DEFINITION_AND_WRITE)
    if statement.alone:
        return _refused(ALONE, statement="ANALYZE")
    if statement.waits_for_job:
        return _refused(WAIT)
    return None


def _refused(rule: Rule, **details: str) -> Refusal:
    return Refusal(rule=rule.id, sqlstate=rule.sqlstate, message=rule.message.format_map(details))
