"""Statements out, answers back, one round at a time.

Law: a round is what PostgreSQL answers with one ReadyForQuery: a simple query, or all up to a
Sync. What a client sends ahead of that answer waits, so every statement is judged knowing how
those before it ended, and each state below is PostgreSQL's own at that time.
"""

from collections import deque
from enum import Enum, auto
from typing import Final

from dsql_local.dialect.classifier import Classifier
from dsql_local.session.answers import COPY_IN, QUIET, READY, WATCHFUL, Answers
from dsql_local.session.effects import Close, Effect, HoldClient, ToBackend, ToClient, Unknown
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
# What may wait before the client is asked to wait too.
PATIENCE: Final = 1024 * 1024


class Turn(Enum):
    """Whose turn it is."""

    CLIENT = auto()
    POSTGRESQL = auto()
    COPYING = auto()


class Relay:
    """The second stage of a session."""

    def __init__(self, classifier: Classifier) -> None:
        self._requests = FrameReader()
        self._scanner = Scanner(bytes(QUIET))
        self._translator = Translator(classifier)
        self._answers = Answers(self._translator)
        self._turn = Turn.CLIENT
        self._simple = False
        self._waiting: deque[Frame] = deque()
        self._waiting_bytes = 0
        self._holding = False

    def from_client(self, data: bytes, now: float) -> list[Effect]:
        """Take bytes from the client."""
        out: list[bytes] = []
        for item in self._requests.feed(data):
            if isinstance(item, Violation):
                return [*self._sent(out), *_ended(item)]
            if self._turn is Turn.CLIENT and not self._waiting:
                out.append(self._passed(item, now))
            else:
                self._wait(item)
        if self._turn is Turn.COPYING:
            out += self._caught_up(now)
        return self._sent(out)

    def from_backend(self, data: bytes, now: float) -> list[Effect]:
        """Take bytes from PostgreSQL."""
        out = [
            self._heard(item) if isinstance(item, Frame) else item
            for item in self._scanner.feed(data)
        ]
        answer = b"".join(out)
        effects: list[Effect] = [ToClient(answer)] if answer else []
        if self._waiting and self._turn is not Turn.POSTGRESQL:
            effects += self._sent(self._caught_up(now))
        return effects

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
        if self._translator.awaited:
            self._scanner.wanted = WATCHFUL
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

    def _wait(self, message: Frame) -> None:
        self._waiting.append(message)
        self._waiting_bytes += len(message.raw)

    def _caught_up(self, now: float) -> list[bytes]:
        """Translate what waited, up to the end of a round."""
        out: list[bytes] = []
        while self._waiting and self._turn is not Turn.POSTGRESQL:
            message = self._waiting.popleft()
            self._waiting_bytes -= len(message.raw)
            out.append(self._passed(message, now))
        return out

    def _sent(self, out: list[bytes]) -> list[Effect]:
        effects: list[Effect] = [ToBackend(b"".join(out))] if out else []
        if self._translator.unknown:
            effects += [Unknown(sql=sql) for sql in self._translator.unknown]
            self._translator.unknown.clear()
        if self._holding is not (self._waiting_bytes > PATIENCE):
            self._holding = not self._holding
            effects.append(HoldClient(hold=self._holding))
        return effects


def _ended(violation: Violation) -> list[Effect]:
    if violation.message is None:
        return [Close()]
    problem = Problem(sqlstate="08P01", message=violation.message)
    return [ToClient(problem.encode()), Close()]
