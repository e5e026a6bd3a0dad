"""What Aurora DSQL's grammar has and PostgreSQL's has not, found by tokens before the tree.

Law: pure. A text is read as one PostgreSQL can parse, of the same length, so that every position
in it stays true: the word ASYNC becomes space, AWS IAM becomes an empty SELECT.

PostgreSQL takes ``CREATE INDEX ASYNC ON t (a)`` for an index named ``async``. In Aurora DSQL the
word after INDEX is the mode unless it is quoted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dsql_local.dialect.parse import TooDeep, choice, parse
from dsql_local.dialect.sql import literal
from dsql_local.dialect.tokens import Kind, Token, statements

# Most texts hold none of these words, and this says so in a fraction of a microsecond.
CANDIDATE: Final = re.compile(rb"\b(?:async|aws)\b", re.IGNORECASE)
PROCEDURES: Final = {
    (b"grant", b"to"): "pg_dsql_local.iam_grant",
    (b"revoke", b"from"): "pg_dsql_local.iam_revoke",
}
EMPTY_SELECT: Final = b"SELECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text PostgreSQL can parse, and what stands at which offset in the original."""

    text: bytes
    asynchronous: frozenset[int] = frozenset()
    trusts: Mapping[int, bytes] = field(default_factory=dict)


def read(sql: bytes) -> Reading:
    """Find what is not PostgreSQL's."""
    if CANDIDATE.search(sql) is None:
        return Reading(text=sql)
    text = bytearray(sql)
    asynchronous: set[int] = set()
    trusts: dict[int, bytes] = {}
    for statement in statements(sql):
        start, end = statement[0].start, statement[-1].end
        if mode := _mode(statement, sql[start:end]):
            text[mode.start : mode.end] = b" " * len(mode.text)
            asynchronous.add(start)
        elif call := _trust(statement):
            text[start:end] = EMPTY_SELECT.ljust(end - start)
            trusts[start] = call
    return Reading(text=bytes(text), asynchronous=frozenset(asynchronous), trusts=trusts)


def _mode(statement: list[Token], text: bytes) -> Token | None:
    """The word ASYNC of a statement that has this mode."""
    match statement:
        case [create, unique, index, mode, *_] if (
            create.is_word(b"create")
            and unique.is_word(b"unique")
            and index.is_word(b"index")
            and mode.is_word(b"async")
        ):
            return mode
        case [verb, object_, mode, *_] if mode.is_word(b"async"):
            if verb.is_word(b"create") and object_.is_word(b"index"):
                return mode
            if verb.is_word(b"alter") and object_.is_word(b"table"):
                return mode if _validates(text, mode, verb) else None
    return None


def _validates(text: bytes, mode: Token, first: Token) -> bool:
    """Whether this is a VALIDATE CONSTRAINT once ASYNC is no name."""
    at = mode.start - first.start
    found = parse(text[:at] + b" " * len(mode.text) + text[at + len(mode.text) :])
    if found is None or isinstance(found, TooDeep) or found[0].name != "alter_table_stmt":
        return False
    commands = [each.alter_table_cmd for each in found[0].node.cmds]
    return [choice(each, "subtype") for each in commands] == ["AT_ValidateConstraint"]


def _trust(statement: list[Token]) -> bytes | None:
    """The call that does what an AWS IAM statement says."""
    match statement:
        case [aws, iam, verb, role, link, arn] if aws.is_word(b"aws") and iam.is_word(b"iam"):
            procedure = _procedure(verb, link)
        case _:
            return None
    name = _identifier(role)
    if procedure is None or name is None or arn.kind is not Kind.STRING:
        return None
    identity = _content(arn.text, "'")
    call = f"CALL {procedure}({literal(name)}, {literal(identity)})"
    return call.encode(errors="surrogateescape")


def _procedure(verb: Token, link: Token) -> str | None:
    if verb.kind is not Kind.WORD or link.kind is not Kind.WORD:
        return None
    return PROCEDURES.get((verb.text.lower(), link.text.lower()))


def _identifier(token: Token) -> str | None:
    """The name a token stands for: folded to lower case unless quoted."""
    if token.kind is Kind.WORD:
        # bytes.lower folds ASCII alone, as PostgreSQL does in a multi-byte encoding.
        return token.text.lower().decode(errors="surrogateescape")
    if token.kind is Kind.QUOTED:
        return _content(token.text, '"')
    return None


def _content(quoted: bytes, quote: str) -> str:
    inner = quoted[1:-1].decode(errors="surrogateescape")
    return inner.replace(quote * 2, quote)
