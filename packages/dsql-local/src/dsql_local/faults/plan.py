"""What goes wrong next, of one cluster.

Law: deterministic and pure: a queue for each occasion, first armed first met, each fault met as
often as it was armed for. Without a fault an occasion costs one look at an empty queue.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from dsql_local.wire.messages import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Lose:
    """The transaction loses: its end, or a statement of it, is refused with this error."""

    message: str
    sqlstate: str = "40001"


class Drop(Enum):
    """The connection ends without a word, before or after the transaction is committed."""

    BEFORE = auto()
    AFTER = auto()


OC000: Final = Lose(message="change conflicts with another transaction (OC000)")
OC001: Final = Lose(message="schema has been updated by another transaction (OC001)")
AtCommit = Lose | Drop


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults armed on one cluster."""

    commits: deque[AtCommit] = field(default_factory=deque)
    accesses: deque[Lose] = field(default_factory=deque)
    delays: deque[float] = field(default_factory=deque)
    refusals: deque[Problem] = field(default_factory=deque)
    expiries: deque[float] = field(default_factory=deque)

    @property
    def next_at_commit(self) -> AtCommit | None:
        """What would befall the commit that comes now."""
        return self.commits[0] if self.commits else None

    def at_commit(self) -> AtCommit | None:
        """What befalls the commit that comes now."""
        return self.commits.popleft() if self.commits else None

    def unmet(self, fault: AtCommit) -> None:
        """Take back what was not met after all; it is the first to be met again."""
        self.commits.appendleft(fault)

    def at_access(self) -> Lose | None:
        """What befalls the statement that comes now, if it reads or writes."""
        return self.accesses.popleft() if self.accesses else None

    def at_statement(self) -> float:
        """How many seconds the statement that comes now has to wait."""
        return self.delays.popleft() if self.delays else 0.0

    def at_connect(self) -> Problem | None:
        """Why the connection that comes now is refused."""
        return self.refusals.popleft() if self.refusals else None

    def at_authentication(self) -> float:
        """How many seconds older than it is the token that comes now is taken for."""
        return self.expiries.popleft() if self.expiries else 0.0

    def clear(self) -> None:
        """Disarm all."""
        self.commits.clear()
        self.accesses.clear()
        self.delays.clear()
        self.refusals.clear()
        self.expiries.clear()
