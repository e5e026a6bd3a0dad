"""Statements out, answers back.

Law: what PostgreSQL can answer passes through unread but for its headers. What it cannot is
replaced on the way in; what comes of that marks itself on the way out (`MARK`), in PostgreSQL's
own order, so nothing here counts statements or remembers what was sent.
"""

from dsql_local.session.effects import Close, Effect, ToBackend, ToClient
from dsql_local.session.rewrite import rewritten
from dsql_local.wire import messages
from dsql_local.wire.frames import Frame, FrameReader, Scanner, Violation
from dsql_local.wire.messages import Problem

# The schema field of errors and notices raised by the functions of postgres/schema.sql.
MARK = b"\0sdsql_local\0"
STATEMENTS = frozenset(b"QP")
ERROR, NOTICE, COMPLETE = b"E", b"N", b"C"
# What a client may know of a marked error: severity, code, message, detail, hint.
KEPT = "SVCMDH"


class Relay:
    """The second stage of a session."""

    def __init__(self) -> None:
        self._requests = FrameReader()
        self._answers = Scanner(ERROR + NOTICE)
        self._tag: str | None = None

    def from_client(self, data: bytes) -> list[Effect]:
        """Take bytes from the client."""
        out: list[bytes] = []
        for item in self._requests.feed(data):
            if isinstance(item, Violation):
                return [*_sent(out), *_ended(item)]
            out.append(_translated(item) if item.type in STATEMENTS else item.raw)
        return _sent(out)

    def from_backend(self, data: bytes) -> list[Effect]:
        """Take bytes from PostgreSQL."""
        out = [
            self._answer(item) if isinstance(item, Frame) else item
            for item in self._answers.feed(data)
        ]
        answer = b"".join(out)
        return [ToClient(answer)] if answer else []

    def _answer(self, frame: Frame) -> bytes:
        if frame.type == COMPLETE[0]:
            return self._completed()
        marked = MARK in frame.raw
        if frame.type == ERROR[0]:
            self._expect(None)  # the statement will not complete
            return _plain(frame) if marked else frame.raw
        if marked:
            self._expect(messages.fields_of(frame.body)["M"])
            return b""
        return frame.raw

    def _expect(self, tag: str | None) -> None:
        """Give the statement that runs now this command tag."""
        self._tag = tag
        self._answers.wanted = frozenset(ERROR + NOTICE + (COMPLETE if tag else b""))

    def _completed(self) -> bytes:
        tag = self._tag or ""
        self._expect(None)
        return messages.command_complete(tag)


def _sent(frames: list[bytes]) -> list[Effect]:
    return [ToBackend(b"".join(frames))] if frames else []


def _ended(violation: Violation) -> list[Effect]:
    if violation.message is None:
        return [Close()]
    problem = Problem(sqlstate="08P01", message=violation.message)
    return [ToClient(problem.encode()), Close()]


def _translated(frame: Frame) -> bytes:
    statement = messages.statement_of(frame)
    replacement = rewritten(statement) if statement else None
    return frame.raw if replacement is None else messages.with_statement(frame, replacement)


def _plain(frame: Frame) -> bytes:
    fields = messages.fields_of(frame.body)
    return messages.fields_message(ERROR, {code: fields[code] for code in KEPT if code in fields})
