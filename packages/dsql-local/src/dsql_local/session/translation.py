"""From a client's messages to PostgreSQL's: every statement judged where it stands.

Law: pure; time is an argument. What PostgreSQL can answer goes as it came, what it cannot is
replaced by what makes it answer as Aurora DSQL does, and `awaited` says what comes of it. The
state of the transaction is foreseen here and put right at each ReadyForQuery.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.statement import PASS, Kind, Refusal, Statement
from dsql_local.faults import Drop, Faults
from dsql_local.session.awaited import (
    BIND,
    BOUND,
    CLOSED,
    DONE,
    EXECUTION,
    PARSED,
    Awaited,
    Edit,
    Origin,
    hidden,
)
from dsql_local.session.cost import CostReport
from dsql_local.session.effects import Unknown
from dsql_local.session.judgement import Judge
from dsql_local.session.names import Names
from dsql_local.session.treatment import MARKER, PLAIN, Treatment, guard, replaced
from dsql_local.wire import extended, messages
from dsql_local.wire.frames import Frame

# The name of statements and portals of our own; no client has a reason to use it.
OWN: Final = b"dsql_local"
NO_FUNCTION_CALLS: Final = Refusal(
    rule="message.function_call", sqlstate="0A000", message="function call protocol not supported"
)


class Translator:
    """Judges what one session sends."""

    def __init__(self, classifier: Classifier, faults: Faults) -> None:
        self.awaited: deque[Awaited] = deque()
        self.names = Names()
        # Statements that went to PostgreSQL and that no rule knows.
        self.unknown: list[Unknown] = []
        # Whether the connection ends before what was asked last is sent.
        self.dropped = False
        self.judge = Judge(classifier.limits, faults)
        self._classifier = classifier
        self._handlers: dict[int, Callable[[Frame, float], bytes]] = {
            ord("Q"): self._query,
            ord("P"): self._parse,
            ord("B"): self._bind,
            ord("E"): self._execute,
            ord("C"): self._close,
            ord("F"): self._function_call,
        }

    def translate(self, message: Frame, now: float) -> bytes:
        """Give what to send to PostgreSQL for this message."""
        handler = self._handlers.get(message.type)
        return handler(message, now) if handler else message.raw

    def settled(self, status: bytes) -> None:
        """A round has ended, and PostgreSQL says where things stand."""
        self.awaited.clear()
        self.judge.settled(status)
        self.names.settled(idle=status == b"I")

    def _query(self, message: Frame, now: float) -> bytes:
        text = messages.statement_of(message)
        if text is None:
            return message.raw
        statements = self._classifier.classify(text)
        if len(statements) == 1 and self.judge.alone and _reads(statements[0]):
            self.judge.reads(now)
            return message.raw
        answers: list[Awaited] = []
        edits: list[Edit] = []
        for statement in statements:  # each is judged as if those before it succeed
            treatment = self.judge.judge(statement, now)
            self._note(statement, text)
            self.dropped |= treatment.drop is Drop.BEFORE
            answers += [*hidden(*[DONE] * len(treatment.before)), _answer(statement, treatment)]
            if not treatment.plain:
                edits.append(_edit(statement, treatment, text))
        if not edits and not any(each.report for each in answers):
            return message.raw
        origin = Origin(text=text, edits=tuple(edits))
        for each in answers:
            each.origin = origin
        self.awaited.extend(answers)
        return messages.query_of(origin.sent())

    def _parse(self, message: Frame, _now: float) -> bytes:
        name, text = extended.name_of(message), messages.statement_of(message)
        statement = self._only(text)
        if name is None or text is None or statement is None:
            self.awaited.append(Awaited(ends=PARSED, plain=True, names=(name or b"", None)))
            self.names.sent(name or b"", None)
            return message.raw
        self.names.sent(name, statement)
        self._note(statement, text)
        if refusal := statement.refusal:
            asked = self._unseen(guard(statement.questions)) if statement.questions else b""
            self.judge.refused()
            self.awaited.append(Awaited(ends=PARSED, refusal=refusal))
            return asked + messages.with_statement(message, MARKER)
        treatment = replaced(statement)
        answer = Awaited(ends=PARSED, plain=True, names=(name, statement))
        self.awaited.append(answer)
        if treatment.sql is None:
            return message.raw
        answer.origin = Origin(text=text, edits=(Edit(*statement.span, treatment.sql),))
        return messages.with_statement(message, answer.origin.sent())

    def _note(self, statement: Statement, text: bytes) -> None:
        if statement.unknown:
            sql = text[slice(*statement.span)]
            self.unknown.append(Unknown(gap=statement.unknown, sql=sql))

    def _only(self, text: bytes | None) -> Statement | None:
        """The one statement of a text; of more PostgreSQL prepares none."""
        statements = self._classifier.classify(text) if text is not None else ()
        return statements[0] if len(statements) == 1 else None

    def _bind(self, message: Frame, _now: float) -> bytes:
        if pair := extended.bound_by(message):
            self.names.bound(*pair)
        self.awaited.append(BIND)
        return message.raw

    def _execute(self, message: Frame, now: float) -> bytes:
        portal = extended.name_of(message)
        statement = None if portal is None else self.names.of_portal(portal)
        if statement is None:
            self.awaited.append(EXECUTION)
            return message.raw
        treatment = self.judge.judge(statement, now)
        if treatment is PLAIN and not statement.cost_report:
            self.awaited.append(EXECUTION)
            return message.raw
        self.dropped |= treatment.drop is Drop.BEFORE
        before = b"".join(self._unseen(each) for each in treatment.before)
        if treatment.refusal is None:
            self.awaited.append(_answer(statement, treatment))
            return before + message.raw
        self.awaited.append(Awaited(ends=PARSED, refusal=treatment.refusal))
        return before + extended.parse(OWN, MARKER)

    def _unseen(self, sql: bytes) -> bytes:
        """Have PostgreSQL run a statement of our own now."""
        self.awaited.extend(hidden(CLOSED, CLOSED, PARSED, BOUND, DONE))
        return b"".join(
            [
                extended.close_portal(OWN),
                extended.close_statement(OWN),
                extended.parse(OWN, sql),
                extended.bind(OWN, OWN),
                extended.execute(OWN),
            ]
        )

    def _close(self, message: Frame, _now: float) -> bytes:
        name = extended.closed_by(message)
        if name is not None:
            self.names.sent(name, None)
        names = None if name is None else (name, None)
        self.awaited.append(Awaited(ends=CLOSED, plain=True, names=names))
        return message.raw

    def _function_call(self, _message: Frame, _now: float) -> bytes:
        """Functions called by number would pass every rule by."""
        self.awaited.append(Awaited(ends=DONE, refusal=NO_FUNCTION_CALLS))
        return messages.query_of(MARKER)


def _reads(statement: Statement) -> bool:
    """Whether this is a query that goes as it is, wherever it stands alone."""
    plain = statement.verdict is PASS and not statement.questions and not statement.cost_report
    return plain and statement.kind is Kind.QUERY and not statement.unknown


def _edit(statement: Statement, treatment: Treatment, text: bytes) -> Edit:
    span = statement.span
    before = b"".join(b"%b;" % each for each in treatment.before)
    sql = text[slice(*span)] if treatment.sql is None else treatment.sql
    return Edit(*span, before + sql)


def _answer(statement: Statement, treatment: Treatment) -> Awaited:
    return Awaited(
        ends=DONE,
        refusal=treatment.refusal,
        tag=treatment.tag,
        drops=treatment.drop is Drop.AFTER,
        report=_report(statement),
    )


def _report(statement: Statement) -> CostReport | None:
    writes = statement.kind is Kind.WRITE
    return CostReport(writes=writes) if statement.cost_report else None
