"""What a state of an account is, and what is told beside it to whoever runs a command in it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import reduce
from threading import Event
from typing import Any

from e2e.accounts import Account

#: A person, or time: acts while a command runs, until it has ended.
Meanwhile = Callable[[Account, Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a command is told in a state.

    Attributes:
        context: What the user says to it.
        credentials: Whose it has; by default root's.
        meanwhile: What happens while it runs.

    """

    context: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Meanwhile | None = None

    def and_(self, other: "Told") -> "Told":
        return Told(
            context={**self.context, **other.context},
            credentials={**self.credentials, **other.credentials},
            meanwhile=other.meanwhile or self.meanwhile,
        )


NOTHING = Told()

Set = Callable[[Account], AbstractContextManager[Told | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ends: well, or with an error of this code that says so."""

    code: str = ""
    says: str = ""


GOES = Ending()


def blocked(says: str) -> Ending:
    return Ending(code="E502", says=says)


def impossible(says: str) -> Ending:
    return Ending(code="E503", says=says)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state.

    Attributes:
        name: As a sentence.
        set: Brings an account into it for a block; afterwards the cause is gone, as far as no command
            has mended it: what a person would undo is undone.
        finds: Ids of what the doctor says of it, beside what it says of the account anyway.
        deploy: How a deployment ends in it.
        destroy: How a destruction ends in it.
        first: The kinds of step that clear the way of a deployment.

    """

    name: str
    set: Set
    finds: frozenset[str]
    deploy: Ending = GOES
    destroy: Ending = GOES
    first: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def state(name: str, set_: Set, *finds: str, **more: Any) -> State:
    return State(name=name, set=set_, finds=frozenset(finds), **more)


def all_of(*sets: Set) -> Set:
    """Several states at once."""

    @contextmanager
    def set_(account: Account) -> Iterator[Told]:
        with ExitStack() as stack:
            told = [stack.enter_context(one(account)) or NOTHING for one in sets]
            yield reduce(Told.and_, told)

    return set_


@contextmanager
def as_it_is(_account: Account) -> Iterator[None]:
    """Change nothing."""
    yield
