"""CREATE TABLE: kinds of tables and clauses.

Law: pure; a table like any other passes.
"""

from dsql_local.dialect.parse import Node
from dsql_local.dialect.rule import Basis, Details, Finder, Rule
from dsql_local.dialect.rules.sources import (
    DIARY,
    RECORDED,
    UNSUPPORTED,
    golden,
)


def _persistence(letter: str) -> Finder:
    def find(node: Node) -> Details | None:
        temporary = letter == "t" and node.relation.schemaname == "pg_temp"
        return {} if temporary or node.relation.relpersistence == letter else None

    return find


def _part(field: str) -> Finder:
    """A clause that is a node of its own."""
    return lambda node: {} if node.HasField(field) else None


def _filled(field: str) -> Finder:
    """A clause that is a list or a name."""
    return lambda node: {} if getattr(node, field) else None


def _inherits(node: Node) -> Details | None:
    # PARTITION OF names its parent in the same field.
    return {} if node.inh_relations and not node.HasField("partbound") else None


def _clause(
    name: str,
    find: Finder,
    example: str,
    *,
    evidence: str = UNSUPPORTED,
    basis: Basis = "inferred",
) -> Rule:
    return Rule(
        id=f"table.{name.lower().replace(' ', '_')}",
        since=RECORDED,
        on="create_stmt",
        find=find,
        message=f"{name} clause not supported for CREATE TABLE",
        evidence=evidence,
        basis=basis,
        example=example,
    )


RULES = (
    Rule(
        id="table.temporary",
        since=RECORDED,
        on="create_stmt",
        find=_persistence("t"),
        message="TEMPORARY or TEMP table not supported for CREATE TABLE",
        evidence=golden("unsupported", "temporary_table"),
        basis="recorded",
        example="CREATE TEMPORARY TABLE t (a int)",
    ),
    Rule(
        id="table.unlogged",
        since=RECORDED,
        on="create_stmt",
        find=_persistence("u"),
        message="UNLOGGED table not supported for CREATE TABLE",
        evidence=golden("unsupported", "unlogged_table"),
        basis="recorded",
        example="CREATE UNLOGGED TABLE t (a int)",
    ),
    _clause(
        "PARTITION BY",
        _part("partspec"),
        "CREATE TABLE t (a int) PARTITION BY RANGE (a)",
        evidence=DIARY,
        basis="reported",
    ),
    _clause(
        "PARTITION OF",
        _part("partbound"),
        "CREATE TABLE t PARTITION OF p DEFAULT",
        evidence=DIARY,
        basis="reported",
    ),
    _clause("INHERITS", _inherits, "CREATE TABLE t () INHERITS (p)"),
    _clause("OF", _part("of_typename"), "CREATE TABLE t OF p"),
    _clause("WITH", _filled("options"), "CREATE TABLE t (a int) WITH (fillfactor = 70)"),
    _clause("TABLESPACE", _filled("tablespacename"), "CREATE TABLE t (a int) TABLESPACE s"),
    _clause("USING", _filled("access_method"), "CREATE TABLE t (a int) USING heap"),
)
