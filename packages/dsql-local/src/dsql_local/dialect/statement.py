"""What the dialect says about one statement.

Law: values only. A verdict tells the session what to send instead of a statement; what only the
catalogue knows is asked by PostgreSQL itself, in the statement's place and transaction.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal, NamedTuple


class Kind(Enum):
    """What a statement does to a transaction."""

    DDL = auto()
    WRITE = auto()
    QUERY = auto()
    BEGIN = auto()
    COMMIT = auto()
    ROLLBACK = auto()
    UTILITY = auto()
    UNPARSED = auto()


class Span(NamedTuple):
    """Where a statement stands in its text, in bytes, without its semicolon."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pass:
    """Send the statement as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Answer with this error in the statement's place."""

    rule: str
    sqlstate: str
    message: str
    detail: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Send this text instead, and complete it with this command tag where one is given."""

    sql: bytes
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query PostgreSQL runs just before the statement: each row it gives is a refusal's message.

    An *early* one comes before the statement's place in its transaction is judged.
    """

    rule: str
    sqlstate: str
    sql: str
    early: bool = False


Verdict = Pass | Refusal | Rewrite
PASS: Final = Pass()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work a statement hands to the background; its answer is one row with a `job_id`."""

    type: Literal["INDEX_BUILD", "VALIDATE_CONSTRAINT"]
    schema: str = ""
    relation: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a text.

    PostgreSQL answers the *questions* in order; if none gives a refusal, the *verdict* holds.
    *name* is PostgreSQL's name of the parse tree node. *read_only* and *chain* belong to BEGIN,
    COMMIT and ROLLBACK; *alone* says that the statement may not stand in a transaction block;
    *unknown* names what no rule knows of it; *locks* that it locks rows; *cost_report* that it is an EXPLAIN whose answer ends in an
    estimate of cost.
    """

    span: Span
    kind: Kind
    name: str
    questions: tuple[Question, ...] = ()
    verdict: Verdict = PASS
    unknown: str = ""
    read_only: bool | None = None
    chain: bool = False
    alone: bool = False
    locks: bool = False
    cost_report: bool = False
    waits_for_job: bool = False
    job: Job | None = None

    @property
    def refusal(self) -> Refusal | None:
        """The refusal it meets in any case, if no question gives another one first."""
        return self.verdict if isinstance(self.verdict, Refusal) else None
