"""How deep the parse tree of a text can be, told before it is parsed.

Law: never too low. libpg_query writes its trees by recursion without a bound: on a stack of 8 MiB
a chain of 25,000 additions ends the process, and one of 20,000 does not. Parentheses need none
of this: the parser stops at 10,000 open ones by itself.

A chain of operators nests one level each; commas, AND, OR and the clauses of a query begin a new
chain, and what brackets or CASE and END enclose is one link of it. UNION and JOIN nest until the statement or the parenthesis ends.
"""

import re
from typing import Final

from dsql_local.dialect.tokens import Kind, Token, tokens

# Half of what is left of the stack when the parser's own bound is used up.
DEEPEST: Final = 5000
SYMBOLS: Final = b"-+*/<>=~!@#%^&|`?:"
LINKS: Final = frozenset({b"collate", b"zone", b"local", b"operator"})
CHAINS: Final = frozenset({b"union", b"intersect", b"except", b"join"})
WORDS: Final = re.compile(rb"\b(?:" + b"|".join(LINKS | CHAINS) + rb")\b", re.IGNORECASE)
RESTARTS: Final = frozenset(
    b"and or when then else select from where on having by limit using values set returning".split()
)


def too_deep(sql: bytes) -> bool:
    """Whether the tree of a text may be deeper than it can be read."""
    if len(sql) <= 2 * DEEPEST:  # a level takes two bytes
        return False
    symbols = len(sql) - len(sql.translate(None, SYMBOLS))
    if symbols + len(WORDS.findall(sql)) <= DEEPEST:
        return False
    return _deepest(sql) > DEEPEST


def _deepest(sql: bytes) -> int:
    deepest = 0
    outer: list[tuple[int, int]] = []
    below = operators = chained = 0
    for token in tokens(sql):
        match _effect(token):
            case "operator":
                operators += 1
            case "chain":
                chained, operators = chained + 1, 0
            case "restart":
                operators = 0
            case "open":
                outer.append((operators, chained))
                below += operators + chained
                operators = chained = 0
            case "close" if outer:
                operators, chained = outer.pop()
                below -= operators + chained
            case "end":
                outer.clear()
                below = operators = chained = 0
            case _:
                continue
        deepest = max(deepest, below + operators + chained)
    return deepest


def _effect(token: Token) -> str:
    match token.kind:
        case Kind.WORD:
            return _effect_of_word(token.text.lower())
        case Kind.SEMICOLON:
            return "end"
        case Kind.OTHER:
            return _effect_of_symbol(token.text)
        case _:
            return ""


def _effect_of_symbol(symbol: bytes) -> str:
    if symbol == b",":
        return "restart"
    return BRACKETS.get(symbol, "operator" if symbol in SYMBOLS else "")


def _effect_of_word(word: bytes) -> str:
    if word in LINKS:
        return "operator"
    if word in CHAINS:
        return "chain"
    return BRACKETS.get(word, "restart" if word in RESTARTS else "")


# A chain goes on behind what these enclose.
BRACKETS: Final = {
    b"(": "open",
    b"[": "open",
    b"case": "open",
    b")": "close",
    b"]": "close",
    b"end": "close",
}
