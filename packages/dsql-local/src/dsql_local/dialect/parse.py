"""PostgreSQL's own parser behind one function; nothing else here knows which package it is.

Law: bytes in, parse trees out, never an exception. A text PostgreSQL's grammar refuses is `None`:
PostgreSQL says best what is wrong with it. Positions are byte offsets.

The grammar is that of PostgreSQL 18, a superset of 16's where the rules look; what only 18 takes
passes on to PostgreSQL 16, which refuses it.
"""

import ctypes
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message
from postgast.native import lib
from postgast.pg_query_pb2 import DESCRIPTOR as TREE_DESCRIPTOR
from postgast.pg_query_pb2 import ParseResult

from dsql_local.dialect.depth import too_deep

# A message of the parse tree; its fields carry PostgreSQL's own names.
Node = Any

_FIELDS: Final = TREE_DESCRIPTOR.message_types_by_name["Node"].fields
# PostgreSQL's names of nodes by the names of their messages, and those that are statements.
NAMES: Final = {field.message_type.name: field.name for field in _FIELDS}
STATEMENTS: Final = frozenset(name for name in NAMES.values() if name.endswith("_stmt"))

# There may be thousands in one INSERT, and no rule looks at them.
CONSTANT: Final = "a_const"

# Outside the ASCII range every byte is part of a name, a string or a comment.
NOT_ASCII: Final = bytes(range(128)) + b"_" * 128


class TooDeep(NamedTuple):
    """The text nests deeper than a parse tree can be read."""


class Parsed(NamedTuple):
    """One statement: where it stands, the name of its node, and the node."""

    start: int
    end: int
    name: str
    node: Node


def parse(sql: bytes) -> list[Parsed] | TooDeep | None:
    """Parse a text of any number of statements."""
    if too_deep(sql):
        return TooDeep()
    data = None if b"\0" in sql else _protobuf(_utf8(sql))
    if data is None:
        return None
    result: Node = ParseResult.FromString(data)
    return [_parsed(raw, len(sql)) for raw in result.stmts]


def descendants(node: Message) -> Iterator[Message]:
    """Yield *node* and all below it but constants, outermost first, in the order of the text."""
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        below: list[Message] = []
        for field, value in found.ListFields():
            if field.message_type is None or field.name == CONSTANT:
                continue
            below.extend(value if field.is_repeated else (value,))
        stack.extend(reversed(below))


def choice(node: Message, field: str) -> str:
    """The name PostgreSQL's sources give to the value of an enumeration."""
    values = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(values[getattr(node, field)].name)


def tag_of(node: Message) -> str:
    """PostgreSQL's name of a node without its ending, as in ``T_TruncateStmt``: ``Truncate``."""
    return str(node.DESCRIPTOR.name).removesuffix("Stmt")


def node_name(node: Message) -> str:
    """PostgreSQL's name of a node, as a Node calls it."""
    return str(NAMES.get(node.DESCRIPTOR.name, ""))


def inner(wrapped: Node) -> Node:
    """The node in a Node, which holds one of any type."""
    name = wrapped.WhichOneof("node")
    return getattr(wrapped, name) if name else wrapped


def inner_name(wrapped: Node) -> str:
    """The name of the node in a Node."""
    return wrapped.WhichOneof("node") or ""


def strings(values: Node) -> list[str]:
    """The texts of a list of String nodes."""
    return [value.string.sval for value in values]


def _parsed(raw: Node, length: int) -> Parsed:
    start = raw.stmt_location
    end = start + raw.stmt_len if raw.stmt_len else length
    return Parsed(start, end, inner_name(raw.stmt), inner(raw.stmt))


def _utf8(sql: bytes) -> bytes:
    try:
        sql.decode()
    except UnicodeDecodeError:
        return sql.translate(NOT_ASCII)
    return sql


def _protobuf(sql: bytes) -> bytes | None:
    result = lib.pg_query_parse_protobuf(sql)
    try:
        if result.error:
            return None
        return ctypes.string_at(result.parse_tree.data, result.parse_tree.len)
    finally:
        lib.pg_query_free_protobuf_parse_result(result)


def _read_trees_of_any_depth() -> None:
    """Lift protobuf's bound of 100 levels: PostgreSQL's parser has its own, on the stack."""
    from google._upb import _message  # noqa: PLC0415 - its only switch is private

    _message.SetAllowOversizeProtos(True)  # noqa: FBT003 - it takes no keyword


_read_trees_of_any_depth()
