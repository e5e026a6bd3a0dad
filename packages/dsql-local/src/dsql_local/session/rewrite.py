"""Statements Aurora DSQL has and PostgreSQL has not, said in PostgreSQL's words.

Law: pure; a statement is recognised by its tokens, replaced where it stands, and nothing around
it changes, so PostgreSQL keeps the order and the transaction of whatever it is sent with.
"""

import re

from dsql_local.session.tokens import Kind, Token, statements
from dsql_local.wire.messages import literal

# Most statements are none of these, and this says so in a fraction of a microsecond.
CANDIDATE = re.compile(rb"\b(?:aws|show)(?:\s|/\*|--)", re.IGNORECASE)
OWN_SETTINGS = (b"server_version", b"server_version_num")
PROCEDURES = {
    (b"grant", b"to"): "dsql_local.iam_grant",
    (b"revoke", b"from"): "dsql_local.iam_revoke",
}


def rewritten(sql: bytes) -> bytes | None:
    """The text to send instead of *sql*; None when it stays."""
    if CANDIDATE.search(sql) is None:
        return None
    pieces: list[bytes] = []
    done = 0
    for statement in statements(sql):
        if replacement := _replacement(statement):
            pieces += [sql[done : statement[0].start], replacement.encode(errors="surrogateescape")]
            done = statement[-1].end
    return b"".join([*pieces, sql[done:]]) if pieces else None


def _replacement(statement: list[Token]) -> str | None:
    match statement:
        case [aws, iam, verb, role, link, arn] if aws.is_word(b"aws") and iam.is_word(b"iam"):
            return _trust(verb, role, link, arn)
        case [show, name] if show.is_word(b"show") and name.is_word(*OWN_SETTINGS):
            setting = name.text.decode().lower()
            return f"SELECT dsql_local.show('{setting}') AS {setting}"
        case _:
            return None


def _trust(verb: Token, role: Token, link: Token, arn: Token) -> str | None:
    if not (verb.kind is link.kind is Kind.WORD and arn.kind is Kind.STRING):
        return None
    procedure = PROCEDURES.get((verb.text.lower(), link.text.lower()))
    name = _identifier(role)
    if procedure is None or name is None:
        return None
    return f"CALL {procedure}({literal(name)}, {literal(_content(arn.text))})"


def _identifier(token: Token) -> str | None:
    """The name a token stands for: folded to lower case unless quoted."""
    if token.kind is Kind.WORD:
        # bytes.lower folds ASCII alone, as PostgreSQL does in a multi-byte encoding.
        return token.text.lower().decode(errors="surrogateescape")
    if token.kind is Kind.QUOTED:
        return _content(token.text)
    return None


def _content(quoted: bytes) -> str:
    text = quoted.decode(errors="surrogateescape")
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)
