"""Statements said in PostgreSQL's words.

Law: pure; an edit replaces bytes where they stand, and nothing around them changes.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dsql_local.dialect.datatypes import builtin
from dsql_local.dialect.parse import Node, Parsed, choice, inner_name
from dsql_local.dialect.rules.indexes import MODE_SETTING
from dsql_local.dialect.rules.settings import SYNC_INDEX
from dsql_local.dialect.statement import Rewrite

# Settings PostgreSQL has not, or of which it would tell its own value.
SHOWN: Final = {
    "server_version": "server_version",
    "server_version_num": "server_version_num",
    SYNC_INDEX: MODE_SETTING,
}
NUMERIC: Final = re.compile(
    rb"(?:pg_catalog\s*\.\s*)?(?:\"numeric\"|\b(?:numeric|decimal|dec)\b)", re.IGNORECASE
)
SETTING_NAME: Final = re.compile(SYNC_INDEX.encode(), re.IGNORECASE)
# What a column of type numeric is without a precision.
# https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-postgresql-compatibility-supported-data-types.html
PRECISION: Final = b"(18,6)"


class Edit(NamedTuple):
    """Bytes put in the place of others; positions are those of the whole text."""

    start: int
    end: int
    new: bytes


def rewritten(parsed: Parsed, text: bytes) -> Rewrite | None:
    """What to send instead of a statement of *text* that Aurora DSQL has; None: itself."""
    match parsed.name:
        case "variable_show_stmt" if parsed.node.name in SHOWN:
            name = parsed.node.name
            return Rewrite(sql=f"SELECT pg_dsql_local.show('{SHOWN[name]}') AS {name}".encode())
        case "variable_set_stmt" if choice(parsed.node, "kind") == "VAR_RESET_ALL":
            # What a transaction wrote is counted in settings, too.
            return Rewrite(sql=b"CALL pg_dsql_local.reset_all()", tag="RESET")
        case "variable_set_stmt" if parsed.node.name.lower() == SYNC_INDEX:
            edits = _renamed_setting(parsed, text)
        case "create_stmt" | "alter_table_stmt":
            edits = list(_precisions(parsed, text))
        case _:
            return None
    return Rewrite(sql=edited(parsed, text, edits)) if edits else None


def edited(parsed: Parsed, text: bytes, edits: list[Edit]) -> bytes:
    """The statement after the edits."""
    pieces: list[bytes] = []
    done = parsed.start
    for edit in edits:
        pieces += [text[done : edit.start], edit.new]
        done = edit.end
    return b"".join([*pieces, text[done : parsed.end]])


def _renamed_setting(parsed: Parsed, text: bytes) -> list[Edit]:
    found = SETTING_NAME.search(text, parsed.start, parsed.end)
    return [Edit(*found.span(), MODE_SETTING.encode())] if found else []


def _precisions(parsed: Parsed, text: bytes) -> Iterator[Edit]:
    for column in _columns(parsed):
        name = column.type_name
        if builtin(name) == "numeric" and not name.typmods:
            found = NUMERIC.match(text, name.location)
            if found:
                yield Edit(found.end(), found.end(), PRECISION)


def _columns(parsed: Parsed) -> Iterator[Node]:
    if parsed.name == "create_stmt":
        for each in parsed.node.table_elts:
            if inner_name(each) == "column_def":
                yield each.column_def
        return
    for each in parsed.node.cmds:
        if choice(each.alter_table_cmd, "subtype") == "AT_AddColumn":
            yield getattr(each.alter_table_cmd, "def").column_def
