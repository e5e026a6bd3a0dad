"""SQL cut into tokens and statements.

Law: PostgreSQL's lexical rules and nothing of its grammar; positions are byte offsets. Text that
ends inside a string or comment is one unfinished token: PostgreSQL will say what is wrong with it.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED = auto()
    STRING = auto()
    SEMICOLON = auto()
    OTHER = auto()


class Token(NamedTuple):
    """One token and where it is."""

    kind: Kind
    text: bytes
    start: int
    end: int

    def is_word(self, *words: bytes) -> bool:
        """Whether this is one of these keywords, in any case."""
        return self.kind is Kind.WORD and self.text.lower() in words


# Possessive quantifiers: the time taken is linear whatever the text.
PATTERN = re.compile(
    rb"""
    (?P<skip>   [\ \t\n\r\f\v]++ | --[^\r\n]*+ )
  | (?P<comment> /\* )
  | (?P<string> '(?:[^']++|'')*+' )
  | (?P<other>  [eE]'(?:[^'\\]++|\\.|'')*+'
              | (?:[nNbBxX]|[uU]&)'(?:[^']++|'')*+'
              | [uU]&"(?:[^"]++|"")*+"
              | (?P<dollar>\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+)?\$) )
  | (?P<quoted> "(?:[^"]++|"")*+" )
  | (?P<word>   [A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*+ )
  | (?P<semicolon> ; )
  | (?P<symbol> (?:[0-9][A-Za-z0-9_.]*+ | \$[0-9]++ | .) )
    """,
    re.VERBOSE | re.DOTALL,
)
KINDS = {
    "string": Kind.STRING,
    "quoted": Kind.QUOTED,
    "word": Kind.WORD,
    "semicolon": Kind.SEMICOLON,
}
COMMENT_MARK = re.compile(rb"/\*|\*/")


def tokens(sql: bytes) -> Iterator[Token]:
    """Yield what *sql* consists of, without space and comments."""
    position = 0
    while match := PATTERN.match(sql, position):
        start, position = match.span()
        group = match.lastgroup or ""
        if group == "skip":
            continue
        if group == "comment":
            position = _end_of_comment(sql, position)
            continue
        if delimiter := match["dollar"]:
            closing = sql.find(delimiter, position)
            position = len(sql) if closing < 0 else closing + len(delimiter)
        yield Token(KINDS.get(group, Kind.OTHER), sql[start:position], start, position)


def _end_of_comment(sql: bytes, position: int) -> int:
    """Comments nest."""
    depth = 1
    for mark in COMMENT_MARK.finditer(sql, position):
        depth += 1 if mark[0] == b"/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


def statements(sql: bytes) -> Iterator[list[Token]]:
    """Yield the tokens of each statement that has any."""
    statement: list[Token] = []
    for token in tokens(sql):
        if token.kind is not Kind.SEMICOLON:
            statement.append(token)
        elif statement:
            yield statement
            statement = []
    if statement:
        yield statement
