"""Columns of CREATE TABLE and ADD COLUMN.

Law: pure; types are judged where they are stored, never in expressions. A type that is not
PostgreSQL's own may be a domain: the catalogue knows.
"""

from typing import Final

from dsql_local.dialect.datatypes import (
    SERIAL,
    STORABLE,
    builtin,
    displayed,
    length_of,
)
from dsql_local.dialect.parse import Node, choice, strings
from dsql_local.dialect.rule import Details, Finder, Rule
from dsql_local.dialect.rules.sources import (
    DATA_TYPES,
    DIARY,
    DIARY_KEPT,
    OCTOBER,
    RECORDED,
    SKILL,
    TYPES_RECORDED,
    golden,
)
from dsql_local.dialect.sql import identifier, literal, regclass

# A bare NULL constrains nothing; COLLATE has a text of its own.
BARE: Final = frozenset({"CONSTR_NULL"})
# Generated when read: of a grammar newer than 16's, so an error of syntax.
VIRTUAL: Final = "v"
ANOTHER_TYPE: Final = (
    "SELECT format_type(t.oid, NULL) || {brackets} AS type FROM pg_type t"
    " WHERE t.oid = to_regtype({name}) AND (t.typtype <> 'd' OR {brackets} <> '')"
)

# The catalogue and views have columns of types that no table of clients may have.
LIKENED_TYPES: Final = (
    "SELECT format_type(a.atttypid, NULL) AS type FROM pg_attribute a"
    " JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = {relation} AND a.attnum > 0"
    " AND NOT a.attisdropped AND t.typtype <> 'd' AND t.typname <> ALL ({storable})"
    " ORDER BY a.attnum LIMIT 1"
)


def _unstorable(column: Node) -> Details | None:
    own = builtin(column.type_name)
    array = bool(column.type_name.array_bounds)
    if own is None or (own in STORABLE and not array):
        return None
    return {"type": displayed(own, array=array)}


def _serial(column: Node) -> Details | None:
    match strings(column.type_name.names):
        case [name] if name in SERIAL:
            return {"type": name, "position": column.type_name.location + 1}
        case _:
            return None


def _of_another_type(column: Node) -> Details | None:
    names = strings(column.type_name.names)
    if not names or names[-1] in SERIAL or builtin(column.type_name):
        return None
    brackets = "[]" if column.type_name.array_bounds else ""
    return {"name": literal(".".join(map(identifier, names))), "brackets": literal(brackets)}


def _likened(clause: Node) -> Details | None:
    source = clause.relation
    return {
        "relation": regclass(source.schemaname, source.relname),
        "storable": literal(f"{{{','.join(sorted(STORABLE))}}}"),
    }


def _length(own: str, shown: str) -> Finder:
    def find(column: Node) -> Details | None:
        length = length_of(column.type_name)
        if builtin(column.type_name) != own or length is None:
            return None
        return {"count": length, "type": shown}

    return find


def _constrained(column: Node) -> Details | None:
    constraints = [each.constraint for each in column.constraints]
    if any(each.generated_kind == VIRTUAL for each in constraints):
        return None
    return {} if {choice(each, "contype") for each in constraints} - BARE else None


RULES = (
    Rule(
        id="column.added_with_constraint",
        since=RECORDED,
        on="added_column",
        find=_constrained,
        message="ALTER TABLE ADD COLUMN with constraint not supported",
        evidence=SKILL,
        basis="reported",
        example="ALTER TABLE t ADD COLUMN a int DEFAULT 1",
    ),
    Rule(
        id="column.serial",
        since=RECORDED,
        on="column",
        sqlstate="42704",
        find=_serial,
        message='type "{type}" does not exist',
        evidence=golden("unsupported", "serial_column"),
        basis="recorded",
        example="CREATE TABLE t (a serial)",
    ),
    Rule(
        id="column.type",
        since=TYPES_RECORDED,
        on="column",
        find=_unstorable,
        message="datatype {type} not supported",
        evidence=golden("types", "type_unsupported_money"),
        basis="recorded",
        example="CREATE TABLE t (a money)",
    ),
    Rule(
        id="column.other_type",
        since=TYPES_RECORDED,
        on="column",
        find=_of_another_type,
        question=ANOTHER_TYPE,
        message="datatype {type} not supported",
        evidence=DATA_TYPES,
        basis="inferred",
        example="CREATE TABLE t (a other_table)",
    ),
    Rule(
        id="column.like",
        since=TYPES_RECORDED,
        on="like",
        find=_likened,
        question=LIKENED_TYPES,
        message="datatype {type} not supported",
        evidence=DATA_TYPES,
        basis="inferred",
        example="CREATE TABLE t (LIKE pg_class)",
    ),
    Rule(
        id="column.char_length",
        since=OCTOBER,
        on="column",
        sqlstate="54000",
        find=_length("bpchar", "char"),
        limit="char_bytes",
        message="Datatype limit greater than {limit} bytes not supported for {type}",
        evidence=SKILL,
        basis="reported",
        example="CREATE TABLE t (a char(4097))",
    ),
    Rule(
        id="column.varchar_length",
        since=OCTOBER,
        on="column",
        sqlstate="54000",
        find=_length("varchar", "varchar"),
        limit="varchar_bytes",
        message="Datatype limit greater than {limit} bytes not supported for {type}",
        evidence=SKILL,
        basis="reported",
        example="CREATE TABLE t (a varchar(65536))",
    ),
    Rule(
        id="column.collate",
        since=DIARY_KEPT,
        on="column",
        find=lambda column: {} if column.HasField("coll_clause") else None,
        message="COLLATE clause not supported",
        evidence=DIARY,
        basis="reported",
        example='CREATE TABLE t (a text COLLATE "C")',
    ),
    Rule(
        id="column.compression",
        since=DIARY_KEPT,
        on="column",
        find=lambda column: {} if column.compression else None,
        message="COMPRESSION clause not supported",
        evidence=DIARY,
        basis="inferred",
        example="CREATE TABLE t (a text COMPRESSION pglz)",
    ),
    Rule(
        id="domain.type",
        since=TYPES_RECORDED,
        on="create_domain_stmt",
        find=_unstorable,
        message="datatype {type} not supported",
        evidence=DATA_TYPES,
        basis="inferred",
        example="CREATE DOMAIN d AS int[]",
    ),
    Rule(
        id="domain.char_length",
        since=OCTOBER,
        on="create_domain_stmt",
        sqlstate="54000",
        find=_length("bpchar", "char"),
        limit="char_bytes",
        message="Datatype limit greater than {limit} bytes not supported for {type}",
        evidence=SKILL,
        basis="inferred",
        example="CREATE DOMAIN d AS char(4097)",
    ),
    Rule(
        id="domain.varchar_length",
        since=OCTOBER,
        on="create_domain_stmt",
        sqlstate="54000",
        find=_length("varchar", "varchar"),
        limit="varchar_bytes",
        message="Datatype limit greater than {limit} bytes not supported for {type}",
        evidence=SKILL,
        basis="inferred",
        example="CREATE DOMAIN d AS varchar(65536)",
    ),
    Rule(
        id="domain.collate",
        since=DIARY_KEPT,
        on="create_domain_stmt",
        find=lambda domain: {} if domain.HasField("coll_clause") else None,
        message="COLLATE clause not supported",
        evidence=DIARY,
        basis="inferred",
        example='CREATE DOMAIN d AS text COLLATE "C"',
    ),
)
