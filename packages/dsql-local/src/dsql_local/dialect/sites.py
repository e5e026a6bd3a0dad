"""The parts of a statement that rules look at, in the order they are checked.

Law: pure; a part is a node of the parse tree, alone or with what it belongs to. Whole statements
are named by PostgreSQL's names, their parts by the names below.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from typing import Final, NamedTuple

from dsql_local.dialect.parse import (
    STATEMENTS,
    Node,
    Parsed,
    choice,
    descendants,
    inner,
    inner_name,
    node_name,
)
from dsql_local.dialect.tokens import tokens


class Alteration(NamedTuple):
    """One action of an ALTER TABLE and the statement it stands in."""

    statement: Node
    command: Node


class IndexCreation(NamedTuple):
    """A CREATE INDEX with what its tree does not tell: both words are in the text only."""

    node: Node
    asynchronous: bool
    using: bool


Part = tuple[str, Node]

EXPRESSION_PARTS: Final = frozenset(
    {"func_call", "locking_clause", "range_table_sample", "range_var"}
)
# Looked at in statements that run now, not in definitions.
RUN_PARTS: Final = frozenset({"join_expr"})
RUN: Final = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt"})
PARTS: Final = (
    EXPRESSION_PARTS
    | RUN_PARTS
    | {
        "column",
        "added_column",
        "like",
        "constraint",
        "table_as_a_whole",
        "alteration",
        "index",
        "index_key",
        "index_as_a_whole",
        "transaction",
    }
)
SITES: Final = PARTS | STATEMENTS

# A statement without these words holds no part of an expression any rule looks at. Most are
# without, and are not walked. `U&"..."` may spell any name.
SUSPECT: Final = re.compile(
    rb'tablesample|lateral|\bshare\b|\bkey\b|u&"|_advisory_|pg_backend_pid|set_config|_size\b|pg_notify'
    rb"|\blo_|\blo(?:read|write)\b|pg_dsql_local",
    re.IGNORECASE,
)


def parts(parsed: Parsed, text: bytes, *, asynchronous: bool) -> Iterator[Part]:
    """Yield what rules look at in a statement of *text*."""
    if parsed.name == "index_stmt":
        using = names_method(text[parsed.start : parsed.end])
        yield "index", IndexCreation(parsed.node, asynchronous, using)
    yield from _statement(parsed.name, parsed.node)
    if SUSPECT.search(text, parsed.start, parsed.end):
        wanted = EXPRESSION_PARTS | RUN_PARTS if parsed.name in RUN else EXPRESSION_PARTS
        for node in descendants(parsed.node):
            if (name := node_name(node)) in wanted:
                yield name, node


def _statement(name: str, node: Node) -> Iterator[Part]:
    yield name, node
    if more := MORE.get(name):
        yield from more(node)


def _of_table(node: Node) -> Iterator[Part]:
    for element in node.table_elts:
        match inner_name(element):
            case "column_def":
                yield from _of_column(element.column_def, "column")
            case "constraint":
                yield "constraint", element.constraint
            case "table_like_clause":
                yield "like", element.table_like_clause
            case _:
                continue
    yield "table_as_a_whole", node


def _of_column(column: Node, *sites: str) -> Iterator[Part]:
    for site in sites:
        yield site, column
    for each in column.constraints:
        yield "constraint", each.constraint


def _of_alterations(node: Node) -> Iterator[Part]:
    for each in node.cmds:
        command = each.alter_table_cmd
        yield "alteration", Alteration(node, command)
        if choice(command, "subtype") == "AT_AddColumn":
            yield from _of_column(getattr(command, "def").column_def, "added_column", "column")


def names_method(create_index: bytes) -> bool:
    """Whether USING stands before the keys."""
    head = takewhile(lambda token: token.text != b"(", tokens(create_index))
    return any(token.is_word(b"using") for token in head)


def _of_index(node: Node) -> Iterator[Part]:
    for each in node.index_params:
        yield "index_key", each.index_elem
    yield "index_as_a_whole", node


def _of_schema(node: Node) -> Iterator[Part]:
    for each in node.schema_elts:
        yield from _statement(inner_name(each), inner(each))


def _explained(node: Node) -> Iterator[Part]:
    yield from _statement(inner_name(node.query), inner(node.query))


MORE: Final[Mapping[str, Callable[[Node], Iterator[Part]]]] = {
    "create_stmt": _of_table,
    "alter_table_stmt": _of_alterations,
    "index_stmt": _of_index,
    "create_schema_stmt": _of_schema,
    "explain_stmt": _explained,
}
