"""What PostgreSQL still has to say, and how it was asked.

Law: one entry for each message or statement that gets an answer, in the order they were sent;
PostgreSQL answers in that order, and after an error nothing of the same round any more. A Describe
has none: no question of our own is described, so its answer is always the client's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from dsql_local.dialect.statement import Refusal, Statement
from dsql_local.session.cost import CostReport

# The messages that end an answer, by what was asked.
PARSED: Final = frozenset(b"1")
BOUND: Final = frozenset(b"2")
CLOSED: Final = frozenset(b"3")
DONE: Final = frozenset(b"CIs")


class Edit(NamedTuple):
    """Bytes sent in the place of others; positions are those of the client's text."""

    start: int
    end: int
    new: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A client's text and what was changed in it, in order."""

    text: bytes
    edits: tuple[Edit, ...]

    def sent(self) -> bytes:
        """The text PostgreSQL gets."""
        pieces: list[bytes] = []
        done = 0
        for edit in self.edits:
            pieces += [self.text[done : edit.start], edit.new]
            done = edit.end
        return b"".join([*pieces, self.text[done:]])

    def position(self, sent: int) -> int:
        """Where in the client's text the character is that PostgreSQL counts as *sent*."""
        before = self.sent().decode(errors="replace")[: sent - 1].encode()
        offset = self._offset(len(before))
        return len(self.text[:offset].decode(errors="replace")) + 1

    def _offset(self, offset: int) -> int:
        grown = 0
        for edit in self.edits:
            start = edit.start + grown
            if offset < start:
                break
            if offset < start + len(edit.new):
                return edit.start + self._within(edit, offset - start)
            grown += len(edit.new) - (edit.end - edit.start)
        return offset - grown

    def _within(self, edit: Edit, offset: int) -> int:
        """The place of a byte of what was put in: its own where the old text has it too."""
        old = self.text[edit.start : edit.end]
        if old[: offset + 1] == edit.new[: offset + 1]:
            return offset
        rest = len(edit.new) - offset
        return len(old) - rest if old[-rest:] == edit.new[-rest:] else 0


@dataclass(slots=True, kw_only=True)
class Awaited:
    """One answer to come.

    A *hidden* one is to a question of our own. *refusal* is what a failure means that was brought
    about on purpose. *names* is a prepared statement's name and what it stands for once PostgreSQL
    has answered. *tag* replaces the command tag. A *plain* one is passed on as it comes. At
    one that *drops*, the connection ends instead.
    """

    ends: frozenset[int]
    plain: bool = False
    hidden: bool = False
    refusal: Refusal | None = None
    origin: Origin | None = None
    names: tuple[bytes, Statement | None] | None = None
    tag: str | None = None
    drops: bool = False
    report: CostReport | None = None


# Of these nothing is known but when they end, so one of each does.
BIND: Final = Awaited(ends=BOUND, plain=True)
EXECUTION: Final = Awaited(ends=DONE, plain=True)


def hidden(*ends: frozenset[int]) -> Iterable[Awaited]:
    """Answers no client gets to see."""
    return (Awaited(ends=each, hidden=True) for each in ends)
