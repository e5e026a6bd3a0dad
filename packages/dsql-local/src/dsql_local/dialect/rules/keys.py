"""Keys and constraints of CREATE TABLE.

Law: pure; columns whose types the statement does not name (`LIKE`, domains) are not counted.
"""

from collections.abc import Iterator
from typing import Final

from dsql_local.dialect.datatypes import UNINDEXABLE, builtin, declared_bytes, displayed
from dsql_local.dialect.parse import Node, choice, inner_name, strings
from dsql_local.dialect.rule import Details, Finder, Rule
from dsql_local.dialect.rules.sources import (
    CREATE_INDEX,
    CREATE_TABLE,
    MEASURED,
    OCTOBER,
    PROXY,
    QUOTAS,
    SKILL,
    UNSUPPORTED,
)

KEYS: Final = frozenset({"CONSTR_PRIMARY", "CONSTR_UNIQUE"})
DEFERRED: Final = frozenset({"CONSTR_ATTR_DEFERRABLE", "CONSTR_ATTR_DEFERRED"})


def columns(table: Node) -> dict[str, Node]:
    """The columns a CREATE TABLE names, by name."""
    found = (each.column_def for each in table.table_elts if inner_name(each) == "column_def")
    return {column.colname: column for column in found}


def constraints(table: Node) -> Iterator[tuple[Node, list[str]]]:
    """Each constraint of a CREATE TABLE and the columns it is on."""
    for each in table.table_elts:
        if inner_name(each) == "constraint":
            yield each.constraint, strings(each.constraint.keys)
        elif inner_name(each) == "column_def":
            for part in each.column_def.constraints:
                yield part.constraint, [each.column_def.colname]


def keys(table: Node) -> list[list[str]]:
    """The columns of each primary key and unique constraint."""
    return [on for each, on in constraints(table) if choice(each, "contype") in KEYS]


def _unindexable(table: Node) -> Details | None:
    known = columns(table)
    types = (builtin(known[name].type_name) for key in keys(table) for name in key if name in known)
    found = next((own for own in types if own in UNINDEXABLE), None)
    return {"type": displayed(found)} if found else None


def _longest(table: Node) -> Details:
    return {"count": max(map(len, keys(table)), default=0)}


def _widest(table: Node) -> Details:
    known = columns(table)
    sizes = (
        sum(declared_bytes(known[name].type_name) for name in key if name in known)
        for key in keys(table)
    )
    return {"count": max(sizes, default=0)}


def _number(table: Node) -> Details:
    return {"count": len(keys(table))}


def _width(*, primary: bool) -> Finder:
    def find(table: Node) -> Details | None:
        found = any(choice(each, "contype") == "CONSTR_PRIMARY" for each, _ in constraints(table))
        return {"count": len(columns(table))} if found is primary else None

    return find


def _deferred_key(table: Node) -> Details | None:
    previous = ""
    for each, _ in constraints(table):
        kind = choice(each, "contype")
        own = kind in KEYS and (each.deferrable or each.initdeferred)
        if own or (kind in DEFERRED and previous in KEYS):
            return {}
        previous = kind
    return None


def _is_key(constraint: Node) -> bool:
    return choice(constraint, "contype") in KEYS


def _exclusion(constraint: Node) -> Details | None:
    return {} if choice(constraint, "contype") == "CONSTR_EXCLUSION" else None


RULES = (
    Rule(
        id="constraint.exclusion",
        since=MEASURED,
        on="constraint",
        find=_exclusion,
        message="EXCLUDE constraint not supported for CREATE TABLE",
        evidence=UNSUPPORTED,
        basis="inferred",
        example="CREATE TABLE t (a int, EXCLUDE (a WITH =))",
    ),
    Rule(
        id="constraint.options",
        since=MEASURED,
        on="constraint",
        find=lambda constraint: {} if constraint.options and _is_key(constraint) else None,
        message="WITH clause not supported for CREATE TABLE",
        evidence=CREATE_TABLE,
        basis="inferred",
        example="CREATE TABLE t (a int PRIMARY KEY WITH (fillfactor = 70))",
    ),
    Rule(
        id="constraint.tablespace",
        since=MEASURED,
        on="constraint",
        find=lambda constraint: {} if constraint.indexspace else None,
        message="TABLESPACE clause not supported for CREATE TABLE",
        evidence=CREATE_TABLE,
        basis="inferred",
        example="CREATE TABLE t (a int PRIMARY KEY USING INDEX TABLESPACE s)",
    ),
    Rule(
        id="key.deferrable",
        since=MEASURED,
        on="table_as_a_whole",
        find=_deferred_key,
        message="DEFERRABLE constraint not supported",
        evidence=PROXY,
        basis="reported",
        example="CREATE TABLE t (a int PRIMARY KEY DEFERRABLE)",
    ),
    Rule(
        id="key.columns",
        since=OCTOBER,
        on="table_as_a_whole",
        sqlstate="54011",
        find=_longest,
        limit="key_columns",
        message="more than {limit} column keys in an index are not supported",
        evidence=SKILL,
        basis="reported",
        example="CREATE TABLE t (a int, b int, c int, d int, e int, f int, g int, h int, i int,"
        " UNIQUE (a, b, c, d, e, f, g, h, i))",
    ),
    Rule(
        id="key.type",
        since=OCTOBER,
        on="table_as_a_whole",
        find=_unindexable,
        message="datatype {type} is not supported in a key",
        evidence=CREATE_INDEX,
        basis="reported",
        example="CREATE TABLE t (a jsonb PRIMARY KEY)",
    ),
    Rule(
        id="key.declared_bytes",
        since=OCTOBER,
        on="table_as_a_whole",
        sqlstate="54000",
        find=_widest,
        limit="declared_key_bytes",
        message="key size greater than {limit} bytes not supported",
        evidence=SKILL,
        basis="reported",
        example="CREATE TABLE t (a varchar(2001) PRIMARY KEY)",
    ),
    Rule(
        id="table.indexes",
        since=OCTOBER,
        on="table_as_a_whole",
        sqlstate="54000",
        find=_number,
        limit="indexes",
        message="more than {limit} indexes per table are not allowed",
        evidence=SKILL,
        basis="reported",
        example=f"CREATE TABLE t (a int, {', '.join(['UNIQUE (a)'] * 25)})",
    ),
    Rule(
        id="table.columns",
        since=OCTOBER,
        on="table_as_a_whole",
        sqlstate="54011",
        find=_width(primary=False),
        limit="columns",
        message="tables can have at most 255 columns",
        evidence=SKILL,
        basis="reported",
        example=f"CREATE TABLE t ({', '.join(f'c{n} int' for n in range(257))})",
    ),
    Rule(
        id="table.columns_with_key",
        since=OCTOBER,
        on="table_as_a_whole",
        sqlstate="54011",
        find=_width(primary=True),
        limit="columns",
        message="cannot use more than {limit} columns in an index",
        evidence=QUOTAS,
        basis="reported",
        example=f"CREATE TABLE t ({', '.join(f'c{n} int' for n in range(257))}, PRIMARY KEY (c0))",
    ),
)
