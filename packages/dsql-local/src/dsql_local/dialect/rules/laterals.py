"""LEFT JOIN LATERAL whose select list holds a column of the other side.

Law: pure. Where the planner takes such a subquery apart, the service reads that column from the
row of the wrong table and says so when the types differ; the catalogue knows the types. It is
held to be a fault of the service, so this may have to go one day.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from dsql_local.dialect.parse import (
    Node,
    choice,
    descendants,
    inner,
    inner_name,
    node_name,
    strings,
)
from dsql_local.dialect.rule import Details, Rule
from dsql_local.dialect.sql import literal, regclass

FAULT: Final = "https://github.com/Dreamescaper/dsql-emulator/issues/4"
SEEN: Final = date(2026, 9, 18)
# A subquery with any of these stays one.
KEPT_WHOLE: Final = (
    "group_clause",
    "window_clause",
    "sort_clause",
    "distinct_clause",
    "locking_clause",
    "values_lists",
)
KEPT_WHOLE_BY: Final = ("having_clause", "limit_count", "limit_offset", "with_clause", "larg")
AGGREGATES: Final = frozenset(
    [
        *("array_agg", "avg", "bool_and", "bool_or", "count", "every", "json_agg"),
        *("json_object_agg", "jsonb_agg", "jsonb_object_agg", "max", "min", "string_agg", "sum"),
    ]
)


def _mistaken_column(join: Node) -> Details | None:
    """The first column of the left side in the list of a lateral right side."""
    subquery = inner(join.rarg)
    if choice(join, "jointype") != "JOIN_LEFT" or inner_name(join.rarg) != "range_subselect":
        return None
    select = inner(subquery.subquery)
    if not subquery.lateral or not _taken_apart(select):
        return None
    scanned = select.from_clause[0].range_var
    left = dict(_tables(join.larg))
    left.pop(_alias(scanned), None)
    for column in _columns(select):
        if len(column) == 2 and (table := left.get(column[0])):  # noqa: PLR2004 - alias and name
            return {
                "relation": regclass(table.schemaname, table.relname),
                "scanned": regclass(scanned.schemaname, scanned.relname),
                "name": literal(column[1]),
            }
    return None


def _taken_apart(select: Node) -> bool:
    """Whether the planner makes this a plain scan of one table."""
    one = len(select.from_clause) == 1 and inner_name(select.from_clause[0]) == "range_var"
    whole = any(getattr(select, field) for field in KEPT_WHOLE) or any(
        map(select.HasField, KEPT_WHOLE_BY)
    )
    return one and not whole and not any(map(_is_aggregate, _listed(select, "func_call")))


def _is_aggregate(call: Node) -> bool:
    return call.HasField("over") or strings(call.funcname)[-1] in AGGREGATES


def _columns(select: Node) -> Iterator[list[str]]:
    for reference in _listed(select, "column_ref"):
        yield strings(reference.fields)


def _listed(select: Node, name: str) -> Iterator[Node]:
    """The nodes of this name in the list of a SELECT."""
    for target in select.target_list:
        yield from (node for node in descendants(inner(target)) if node_name(node) == name)


def _tables(item: Node) -> Iterator[tuple[str, Node]]:
    """The tables of a FROM item by the names its columns have."""
    node = inner(item)
    match inner_name(item):
        case "range_var":
            yield _alias(node), node
        case "join_expr":
            yield from _tables(node.larg)
            yield from _tables(node.rarg)
        case _:  # what a subquery reads has no name outside
            return


def _alias(table: Node) -> str:
    return str(table.alias.aliasname or table.relname)


RULES = (
    Rule(
        id="query.lateral",
        since=SEEN,
        on="join_expr",
        sqlstate="42804",
        find=_mistaken_column,
        question="SELECT o.attnum AS number, i.attrelid::regclass AS table FROM pg_attribute o"
        " JOIN pg_attribute i ON i.attrelid = {scanned} AND i.attnum = o.attnum"
        " AND i.atttypid <> o.atttypid WHERE o.attrelid = {relation} AND o.attname = {name}"
        " AND 'r' = ALL (SELECT relkind FROM pg_class WHERE oid IN (i.attrelid, o.attrelid))",
        message="attribute {number} of type {table} has wrong type",
        evidence=FAULT,
        basis="reported",
        example="SELECT o.a, l.x FROM o LEFT JOIN LATERAL (SELECT o.a AS x FROM i) l ON true",
    ),
)
