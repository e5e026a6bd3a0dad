"""Statements out, answers back, one round at a time.

Law: a round is what PostgreSQL answers with one ReadyForQuery: a simple query, or all up to a
Sync. What a client sends ahead of that answer waits, so every statement is judged knowing how
those before it ended, and each state below is PostgreSQL's own at that time.
"""

from collections import deque
from enum import Enum, auto
from typing import Final

from dsql_local.dialect.classifier import Classifier
from dsql_local.faults import Faults
from dsql_local.session.answers import COPY_IN, QUIET, READY, ROWS, WATCHFUL, Answers
from dsql_local.session.effects import (
    Close,
    Effect,
    HoldClient,
    ToBackend,
    ToClient,
    WakeAt,
)
from dsql_local.session.translation import Translator
from dsql_local.wire import messages
from dsql_local.wire.frames import Frame, FrameReader, Scanner, Violation
from dsql_local.wire.messages import Problem

# Messages that end a round: Query, FunctionCall, Sync.
LAST: Final = frozenset(b"QFS")
SIMPLE: Final = frozenset(b"QF")
# What PostgreSQL takes while it copies in, and what ends that.
COPIED: Final = frozenset(b"dcfHSX")
COPY_ENDS: Final = frozenset(b"cf")
# Messages that run statements.
RUN: Final = frozenset(b"QE")
# What may wait before the client is asked to wait too.
PATIENCE: Final = 1024 * 1024


class Turn(Enum):
    """Whose turn it is."""

    CLIENT = auto()
    POSTGRESQL = auto()
    COPYING = auto()
    NOBODY = auto()


TAKING: Final = (Turn.CLIENT, Turn.COPYING)


class Relay:
    """The second stage of a session."""

    def __init__(self, classifier: Classifier, faults: Faults) -> None:
        self._faults = faults
        self._requests = FrameReader()
        self._scanner = Scanner(bytes(QUIET))
        self._translator = Translator(classifier, faults)
        self._answers = Answers(self._translator)
        self._turn = Turn.CLIENT
        self._simple = False
        self._waiting: deque[Frame] = deque()
        self._waiting_bytes = 0
        self._holding = False
        self._until = 0.0
        self._asleep = False

    def from_client(self, data: bytes, now: float) -> list[Effect]:
        """Take bytes from the client."""
        out: list[bytes] = []
        for item in self._requests.feed(data):
            if isinstance(item, Violation):
                return [*self._sent(out), *_ended(item)]
            if self._turn is Turn.CLIENT and not self._delayed(item, now):
                out.append(self._passed(item, now))
            else:
                self._wait(item)
        if self._turn is Turn.COPYING:
            out += self._caught_up(now)
        return self._sent(out)

    def from_backend(self, data: bytes, now: float) -> list[Effect]:
        """Take bytes from PostgreSQL."""
        out: list[bytes] = []
        if outlived := self._translator.judge.outlived(now):
            self._answers.outlived = outlived
            self._scanner.wanted |= WATCHFUL
        for item in self._scanner.feed(data):
            out.append(self._heard(item) if isinstance(item, Frame) else item)
            if self._answers.dropped:
                return [ToClient(b"".join(out)), Close()]
        answer = b"".join(out)
        effects: list[Effect] = [ToClient(answer)] if answer else []
        if self._waiting and self._turn in TAKING:
            effects += self._sent(self._caught_up(now))
        return effects

    def tick(self, now: float) -> list[Effect]:
        """Let time pass: a statement that was delayed may go on."""
        if self._turn is not Turn.NOBODY or now < self._until:
            return []
        self._turn, delayed = Turn.CLIENT, self._next()
        return self._sent([self._passed(delayed, now), *self._caught_up(now)])

    def _heard(self, frame: Frame) -> bytes:
        said = self._answers.heard(frame)
        if frame.type == READY:
            self._translator.settled(frame.body)
            self._scanner.wanted = QUIET
            self._turn = Turn.CLIENT
        elif frame.type == COPY_IN:
            self._turn = Turn.COPYING
        return said

    def _passed(self, message: Frame, now: float) -> bytes:
        """Translate a message whose turn it is."""
        if self._turn is Turn.COPYING:
            return self._copied(message)
        sent = self._translator.translate(message, now)
        if self._translator.dropped:
            return b""
        if self._translator.awaited:
            reported = any(each.report for each in self._translator.awaited)
            self._scanner.wanted = WATCHFUL | ROWS if reported else WATCHFUL
        self._simple = message.type in SIMPLE
        if message.type in LAST:
            self._turn = Turn.POSTGRESQL
        return sent

    def _copied(self, message: Frame) -> bytes:
        """PostgreSQL ignores a Sync now; after CopyDone the round goes on, or is over."""
        if message.type not in COPIED:
            self._turn = Turn.POSTGRESQL
            return messages.copy_fail(f"unexpected message type 0x{message.type:02X}")
        if message.type in COPY_ENDS:
            self._turn = Turn.POSTGRESQL if self._simple else Turn.CLIENT
        return message.raw

    def _delayed(self, message: Frame, now: float) -> bool:
        """Whether this statement is to be sent later."""
        if not self._faults.delays or message.type not in RUN:
            return False
        self._until = now + self._faults.at_statement()
        self._turn = Turn.NOBODY
        return True

    def _wait(self, message: Frame) -> None:
        self._waiting.append(message)
        self._waiting_bytes += len(message.raw)

    def _next(self) -> Frame:
        message = self._waiting.popleft()
        self._waiting_bytes -= len(message.raw)
        return message

    def _caught_up(self, now: float) -> list[bytes]:
        """Translate what waited, up to the end of a round."""
        out: list[bytes] = []
        while self._waiting and self._turn in TAKING:
            if self._turn is Turn.CLIENT and self._delayed(self._waiting[0], now):
                break
            out.append(self._passed(self._next(), now))
        return out

    def _sent(self, out: list[bytes]) -> list[Effect]:
        effects: list[Effect] = [ToBackend(b"".join(out))] if out else []
        if self._translator.unknown:
            effects += self._translator.unknown
            self._translator.unknown.clear()
        if self._holding is not (self._waiting_bytes > PATIENCE):
            self._holding = not self._holding
            effects.append(HoldClient(hold=self._holding))
        if self._asleep is not (self._turn is Turn.NOBODY):
            self._asleep = not self._asleep
            effects += [WakeAt(time=self._until)] if self._asleep else []
        if self._translator.dropped:
            effects.append(Close())
        return effects


def _ended(violation: Violation) -> list[Effect]:
    if violation.message is None:
        return [Close()]
    problem = Problem(sqlstate="08P01", message=violation.message)
    return [ToClient(problem.encode()), Close()]
