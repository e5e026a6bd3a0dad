"""What no rule knows: the places where PostgreSQL's answer may not be Aurora DSQL's.

Law: pure. Known are kinds of statements, options by name, actions of ALTER TABLE, kinds of objects,
and functions of PostgreSQL's own that tools call; what is not listed here passes, and is named. A
statement that a rule refuses has no gap.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dsql_local.dialect.nature import DEFINITIONS, QUERIES, UTILITIES, WRITES
from dsql_local.dialect.parse import (
    Node,
    Parsed,
    choice,
    descendants,
    inner_name,
    node_name,
    tag_of,
)
from dsql_local.dialect.rules.expressions import called

KINDS: Final = WRITES | QUERIES | DEFINITIONS | UTILITIES | {"transaction_stmt"}
# A longer text holds data, and would take as long again to look through.
LONGEST: Final = 65_536

SEQUENCE: Final = frozenset(
    ["as", "cache", "cycle", "increment", "maxvalue", "minvalue", "owned_by", "restart", "start"]
)
ROLE: Final = frozenset(["canlogin", "rolemembers", "addroleto", "inherit", "connectionlimit"])
FUNCTION: Final = frozenset(
    ["as", "cost", "language", "leakproof", "parallel", "security", "strict", "volatility"]
)
OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "alter_default_privileges_stmt": frozenset({"schemas", "roles"}),
    "alter_function_stmt": FUNCTION,
    "alter_role_stmt": ROLE,
    "alter_seq_stmt": SEQUENCE,
    "copy_stmt": frozenset(
        [
            "delimiter",
            "encoding",
            "escape",
            "force_not_null",
            "force_null",
            "force_quote",
            "format",
            "header",
            "null",
            "quote",
        ]
    ),
    "create_function_stmt": FUNCTION,
    "create_role_stmt": ROLE,
    "create_seq_stmt": SEQUENCE,
    "explain_stmt": frozenset(
        ["analyze", "buffers", "costs", "format", "settings", "summary", "timing", "verbose"]
    ),
    "grant_role_stmt": frozenset({"admin"}),
    "transaction_stmt": frozenset(
        {"transaction_isolation", "transaction_read_only", "transaction_deferrable"}
    ),
    "vacuum_stmt": frozenset({"analyze", "verbose"}),
    "view_stmt": frozenset({"security_barrier", "security_invoker", "check_option"}),
}
ACTIONS: Final = frozenset(
    [
        "AT_AddColumn",
        "AT_AddConstraint",
        "AT_AddIdentity",
        "AT_ChangeOwner",
        "AT_ColumnDefault",
        "AT_DropColumn",
        "AT_DropConstraint",
        "AT_DropExpression",
        "AT_DropIdentity",
        "AT_DropNotNull",
        "AT_SetIdentity",
        "AT_ValidateConstraint",
        # Of views; a rule refuses them of anything else.
        "AT_SetRelOptions",
        "AT_ResetRelOptions",
    ]
)
OBJECTS: Final = frozenset(
    f"OBJECT_{name}"
    for name in [
        "COLUMN",
        "DOMAIN",
        "DOMCONSTRAINT",
        "FUNCTION",
        "INDEX",
        "SCHEMA",
        "SEQUENCE",
        "STATISTIC_EXT",
        "TABCONSTRAINT",
        "TABLE",
        "TYPE",
        "VIEW",
    ]
)
# Statements of any kind of object, where the kind stands, and more kinds they are known for.
ABOUT: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "comment_stmt": ("objtype", frozenset()),
    "rename_stmt": ("rename_type", frozenset({"OBJECT_ROLE"})),
    "alter_object_schema_stmt": ("object_type", frozenset()),
    "alter_owner_stmt": ("object_type", frozenset()),
    "drop_stmt": ("remove_type", frozenset()),
}
# PostgreSQL's families of functions that reach beyond a query's own rows, and of those what the
# catalogue queries of drivers, ORMs and psql call.
FAMILIES: Final = r"pg_[a-z0-9_]+|txid_[a-z_]+|[a-z]+_to_xml[a-z_]*|inet_(?:client|server)_[a-z]+"
FAMILY: Final = re.compile(FAMILIES)
CALLED: Final = re.compile(rf"\b(?:{FAMILIES})\"?\s*\(".encode(), re.IGNORECASE)
FUNCTIONS: Final = re.compile(
    r"pg_get_[a-z_]+|pg_[a-z_]+_is_visible|pg_index(?:am|_column)?_has_property|pg_size_(?:pretty|bytes)"
    r"|pg_(?:char_to_encoding|client_encoding|collation_for|column_size|describe_object"
    r"|encoding_to_char|has_role|identify_object|input_is_valid|is_in_recovery"
    r"|is_other_temp_schema|my_temp_schema|options_to_table|postmaster_start_time"
    r"|relation_is_publishable|sequence_last_value|sleep|typeof)"
)


def gap_of(parsed: Parsed, text: bytes) -> str:
    """Name what no rule knows of a statement that passes; empty: nothing."""
    if parsed.name not in KINDS:
        return tag_of(parsed.node)
    return next(_found(parsed, text), "")


def _found(parsed: Parsed, text: bytes) -> Iterator[str]:
    name, node = parsed.name, parsed.node
    yield from _options(name, node)
    if name == "alter_table_stmt":
        actions = (choice(each.alter_table_cmd, "subtype") for each in node.cmds)
        yield from (action for action in actions if action not in ACTIONS)
    if name in ABOUT:
        field, more = ABOUT[name]
        kind = choice(node, field)
        yield from [f"{tag_of(node)} of {kind}"] * (kind not in OBJECTS | more)
    if parsed.end - parsed.start <= LONGEST and CALLED.search(text, parsed.start, parsed.end):
        yield from _calls(node)


def _options(name: str, node: Node) -> Iterator[str]:
    known = OPTIONS.get(name, frozenset())
    for field in ("options", "actions", "opt"):
        for each in getattr(node, field, ()):
            if inner_name(each) == "def_elem" and each.def_elem.defname not in known:
                yield f"{tag_of(node)} with {each.def_elem.defname}"


def _calls(node: Node) -> Iterator[str]:
    for each in descendants(node):
        name = called(each) if node_name(each) == "func_call" else None
        if name and FAMILY.fullmatch(name) and not FUNCTIONS.fullmatch(name):
            yield f"function {name}"
