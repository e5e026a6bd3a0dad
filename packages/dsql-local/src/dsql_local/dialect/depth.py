"""How deep the parse tree of a text can be, told before it is parsed.

Law: never too low. libpg_query writes its trees by recursion without a bound: on a stack of 8 MiB
a chain of 25,000 additions ends the process, and one of 20,000 does not. Parentheses need none
of this: the parser stops at 10,000 open ones by itself.

A chain of operators nests one level each; commas, AND, OR and the clauses of a query begin a new
chain, and what brackets or CASE and END enclose is one link of it. UNION and JOIN nest until the statement or the parenthesis ends.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from dsql_local.dialect.tokens import tokens

# Half of what is left of the stack when the parser's own bound is used up.
DEEPEST: Final = 5000
# Of brackets the parser takes half as many.
OPEN_AT_MOST: Final = 20_000 - DEEPEST
SYMBOLS: Final = b"-+*/<>=~!@#%^&|`?:"
LINKS: Final = (b"collate", b"zone", b"local", b"operator")
CHAINS: Final = (b"union", b"intersect", b"except", b"join")
WORDS: Final = re.compile(rb"\b(?:" + b"|".join(LINKS + CHAINS) + rb")\b", re.IGNORECASE)
RESTARTS: Final = (
    b", and or when then else select from where on having by limit using values set returning"
).split()


class Effect(Enum):
    """What a token does to the depth."""

    OPERATOR = auto()
    CHAIN = auto()
    RESTART = auto()
    OPEN = auto()
    CLOSE = auto()
    CASE = auto()
    END = auto()
    STOP = auto()


# By the token's text: a string or a quoted name is not one of these.
EFFECTS: Final[Mapping[bytes, Effect]] = {
    **{bytes([symbol]): Effect.OPERATOR for symbol in SYMBOLS},
    **dict.fromkeys(LINKS, Effect.OPERATOR),
    **dict.fromkeys(CHAINS, Effect.CHAIN),
    **dict.fromkeys(RESTARTS, Effect.RESTART),
    **dict.fromkeys((b"(", b"["), Effect.OPEN),
    **dict.fromkeys((b")", b"]"), Effect.CLOSE),
    b"case": Effect.CASE,
    b"end": Effect.END,
    b";": Effect.STOP,
}


def too_deep(sql: bytes) -> bool:
    """Whether the tree of a text may be deeper than it can be read."""
    if len(sql) <= 2 * DEEPEST:  # a level takes two bytes
        return False
    symbols = len(sql) - len(sql.translate(None, SYMBOLS))
    if symbols + len(WORDS.findall(sql)) <= DEEPEST:
        return False
    return _deepest(sql) > DEEPEST


@dataclass(slots=True)
class _Level:
    """The chains inside one pair of brackets, or of CASE and END, as far as they have been read."""

    of_case: bool = False
    operators: int = 0
    chained: int = 0

    @property
    def depth(self) -> int:
        return self.operators + self.chained

    def take(self, effect: Effect) -> None:
        if effect is Effect.OPERATOR:
            self.operators += 1
            return
        self.operators = 0
        if effect is Effect.CHAIN:
            self.chained += 1


def _deepest(sql: bytes) -> int:
    deepest = below = 0
    levels = [_Level()]
    for effect in _effects(sql):
        match effect:
            case Effect.OPEN | Effect.CASE:
                below += levels[-1].depth
                levels.append(_Level(of_case=effect is Effect.CASE))
            case Effect.CLOSE | Effect.END:
                below -= _close(levels, of_case=effect is Effect.END)
            case Effect.STOP:
                below, levels = 0, [_Level()]
            case _:
                levels[-1].take(effect)
        deepest = max(deepest, below + levels[-1].depth, len(levels) - OPEN_AT_MOST)
        if deepest > DEEPEST:
            break
    return deepest


def _effects(sql: bytes) -> Iterator[Effect]:
    previous = b""
    for token in tokens(sql):
        if previous != b"." and (effect := EFFECTS.get(token.text.lower())):
            yield effect  # behind a point, any word is a name
        previous = token.text


def _close(levels: list[_Level], *, of_case: bool) -> int:
    """Close a CASE, or a bracket with every CASE in it that is a name; tell what is outside."""
    outside = 0
    while len(levels) > 1 and (levels[-1].of_case or not of_case):
        closed = levels.pop()
        outside += levels[-1].depth
        if closed.of_case is of_case:
            break
    return outside
