"""CREATE INDEX: mode, method and keys, in the order a cluster checks them.

Law: the grammar of names first (PostgreSQL's own), then CONCURRENTLY, USING, the number of keys,
the mode, the keys. An ASYNC index never reaches the rule of the mode.
"""

from typing import Final

from dsql_local.dialect.parse import Node, choice
from dsql_local.dialect.rule import Details, Rule
from dsql_local.dialect.rules.sources import (
    CREATE_INDEX,
    DIARY,
    DIARY_KEPT,
    MEASURED,
    OCTOBER,
    PROXY,
    SKILL,
    UNSUPPORTED,
)
from dsql_local.dialect.sites import IndexCreation
from dsql_local.dialect.sql import literal, regclass

# Where the session keeps `disable_sync_create_index`.
MODE_SETTING: Final = "dsql_local.disable_sync_create_index"
KEY_COLUMNS: Final = (
    " FROM pg_attribute a WHERE a.attrelid = {relation} AND a.attname IN ({names}) AND a.attnum > 0"
)


def columns_of(node: Node) -> list[str]:
    """The key columns that are columns and not expressions."""
    return [each.index_elem.name for each in node.index_params if each.index_elem.name]


def _keys(node: Node) -> Details | None:
    names = columns_of(node)
    if not names:
        return None
    table = node.relation
    return {
        "relation": regclass(table.schemaname, table.relname),
        "names": ", ".join(map(literal, names)),
    }


def _table(node: Node) -> Details:
    return {"relation": regclass(node.relation.schemaname, node.relation.relname)}


def _synchronous(index: IndexCreation) -> Details | None:
    return None if index.asynchronous else {}


def _sorted(key: Node) -> Details | None:
    return None if choice(key, "ordering") == "SORTBY_DEFAULT" else {}


RULES = (
    Rule(
        id="index.concurrently",
        since=DIARY_KEPT,
        on="index",
        find=lambda index: {} if index.node.concurrent else None,
        message="CONCURRENTLY not supported for CREATE INDEX",
        evidence=DIARY,
        basis="reported",
        example="CREATE INDEX CONCURRENTLY i ON t (a)",
    ),
    Rule(
        id="index.using",
        since=DIARY_KEPT,
        on="index",
        find=lambda index: {} if index.using else None,
        message="USING not supported for CREATE INDEX",
        evidence=DIARY,
        basis="reported",
        example="CREATE INDEX i ON t USING btree (a)",
    ),
    Rule(
        id="index.columns",
        since=MEASURED,
        on="index",
        sqlstate="54011",
        find=lambda index: {"count": len(index.node.index_params)},
        limit="key_columns",
        message="more than {limit} column keys in an index are not supported",
        evidence=PROXY,
        basis="reported",
        example="CREATE INDEX i ON t (a, b, c, d, e, f, g, h, i)",
    ),
    Rule(
        id="index.mode",
        since=DIARY_KEPT,
        on="index",
        find=_synchronous,
        early=True,
        question=f"SELECT 1 WHERE coalesce(nullif(current_setting('{MODE_SETTING}', true), '')"
        "::boolean, true)",
        message="unsupported mode. please use CREATE INDEX ASYNC.",
        evidence=DIARY,
        basis="reported",
        example="CREATE INDEX i ON t (a)",
    ),
    Rule(
        id="index.order",
        since=OCTOBER,
        on="index_key",
        find=_sorted,
        message="specifying sort order not supported for index keys",
        evidence=SKILL,
        basis="reported",
        example="CREATE INDEX ASYNC i ON t (a DESC)",
    ),
    Rule(
        id="index.opclass",
        since=OCTOBER,
        on="index_key",
        find=lambda key: {} if key.opclass else None,
        message="opclass not supported for index keys",
        evidence=SKILL,
        basis="reported",
        example="CREATE INDEX ASYNC i ON t (a text_pattern_ops)",
    ),
    Rule(
        id="index.collate",
        since=OCTOBER,
        on="index_key",
        find=lambda key: {} if key.collation else None,
        message="COLLATE clause not supported",
        evidence=CREATE_INDEX,
        basis="inferred",
        example='CREATE INDEX ASYNC i ON t (a COLLATE "C")',
    ),
    Rule(
        id="index.options",
        since=OCTOBER,
        on="index_as_a_whole",
        find=lambda node: {} if node.options else None,
        message="WITH clause not supported for CREATE INDEX",
        evidence=CREATE_INDEX,
        basis="inferred",
        example="CREATE INDEX ASYNC i ON t (a) WITH (fillfactor = 70)",
    ),
    Rule(
        id="index.tablespace",
        since=OCTOBER,
        on="index_as_a_whole",
        find=lambda node: {} if node.table_space else None,
        message="TABLESPACE clause not supported for CREATE INDEX",
        evidence=UNSUPPORTED,
        basis="inferred",
        example="CREATE INDEX ASYNC i ON t (a) TABLESPACE s",
    ),
    Rule(
        id="index.key_type",
        since=OCTOBER,
        on="index_as_a_whole",
        find=_keys,
        question="SELECT format_type(a.atttypid, NULL) AS type"
        + KEY_COLUMNS
        + " AND a.atttypid = ANY ('{{timetz,interval,bytea,json,jsonb}}'::regtype[])",
        message="datatype {type} is not supported in a key",
        evidence=SKILL,
        basis="reported",
        example="CREATE INDEX ASYNC i ON t (a)",
    ),
    Rule(
        id="index.declared_bytes",
        since=OCTOBER,
        on="index_as_a_whole",
        sqlstate="54000",
        find=_keys,
        limit="declared_key_bytes",
        question="SELECT 1"
        + KEY_COLUMNS
        + " AND a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4"
        " HAVING sum(a.atttypmod - 4) > {limit}",
        message="key size greater than {limit} bytes not supported",
        evidence=SKILL,
        basis="reported",
        example="CREATE INDEX ASYNC i ON t (a)",
    ),
    Rule(
        id="index.count",
        since=OCTOBER,
        on="index_as_a_whole",
        sqlstate="54000",
        find=_table,
        limit="indexes",
        question="SELECT 1 FROM pg_index WHERE indrelid = {relation} HAVING count(*) >= {limit}",
        message="more than {limit} indexes per table are not allowed",
        evidence=SKILL,
        basis="reported",
        example="CREATE INDEX ASYNC i ON t (a)",
    ),
)
