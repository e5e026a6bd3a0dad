"""Sequences and identity columns: bigint, with an explicit cache of 1 or 65536 and more.

Law: pure.
"""

from typing import Final

from dsql_local.dialect.datatypes import builtin, displayed
from dsql_local.dialect.parse import Node, choice, inner_name
from dsql_local.dialect.rule import Details, Rule
from dsql_local.dialect.rules.sources import RECORDED, SQLALCHEMY, UNSUPPORTED, golden

LARGE_CACHE: Final = 65536
DEFINE_CACHE: Final = (
    "without an explicit cache size. please define CACHE greater than or equal to 65536"
    " or equal to 1"
)
WRONG_CACHE: Final = "CACHE ({cache}) must be greater than or equal to 65536 or equal to 1"


def _option(options: Node, name: str) -> Node | None:
    return next((each.def_elem for each in options if each.def_elem.defname == name), None)


def _number(option: Node) -> int | None:
    """The value of an option; one of more digits than an integer has comes as text."""
    if inner_name(option.arg) == "integer":
        return int(option.arg.integer.ival)
    digits = option.arg.float.fval
    return int(digits) if digits.isdigit() else None


def uncached(options: Node) -> Details | None:
    """Options of a sequence that define no cache."""
    return None if _option(options, "cache") else {}


def badly_cached(options: Node) -> Details | None:
    """Options of a sequence whose cache is neither 1 nor large."""
    option = _option(options, "cache")
    size = _number(option) if option is not None else None
    return {"cache": size} if size is not None and 1 < size < LARGE_CACHE else None


def _of_another_type(options: Node) -> Details | None:
    option = _option(options, "as")
    return None if option is None or builtin(option.arg.type_name) == "int8" else {}


def _temporary(node: Node) -> Details | None:
    sequence = node.sequence
    return {} if sequence.relpersistence == "t" or sequence.schemaname == "pg_temp" else None


def _identity(column: Node) -> Node | None:
    parts = (each.constraint for each in column.constraints)
    return next((part for part in parts if choice(part, "contype") == "CONSTR_IDENTITY"), None)


def _identity_of_another_type(column: Node) -> Details | None:
    own = builtin(column.type_name)
    if _identity(column) is None or own is None or own == "int8":
        return None
    return {"type": displayed(own)}


def _identity_uncached(column: Node) -> Details | None:
    identity = _identity(column)
    return None if identity is None else uncached(identity.options)


def _identity_badly_cached(column: Node) -> Details | None:
    identity = _identity(column)
    return None if identity is None else badly_cached(identity.options)


RULES = (
    Rule(
        id="identity.type",
        since=RECORDED,
        on="column",
        find=_identity_of_another_type,
        message="datatype {type} not supported, identity column type must be bigint",
        evidence=golden("supported", "identity_integer"),
        basis="recorded",
        example="CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY (CACHE 1))",
    ),
    Rule(
        id="identity.cache",
        since=RECORDED,
        on="column",
        find=_identity_uncached,
        message=f"identity column is not supported {DEFINE_CACHE}",
        evidence=golden("supported", "identity_column"),
        basis="recorded",
        example="CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY)",
    ),
    Rule(
        id="identity.cache_size",
        since=RECORDED,
        on="column",
        sqlstate="22023",
        find=_identity_badly_cached,
        message=WRONG_CACHE,
        evidence=SQLALCHEMY,
        basis="reported",
        example="CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY (CACHE 2))",
    ),
    Rule(
        id="sequence.temporary",
        since=RECORDED,
        on="create_seq_stmt",
        find=_temporary,
        message="TEMPORARY or TEMP sequence not supported for CREATE SEQUENCE",
        evidence=UNSUPPORTED,
        basis="inferred",
        example="CREATE TEMPORARY SEQUENCE s CACHE 1",
    ),
    Rule(
        id="sequence.unlogged",
        since=RECORDED,
        on="create_seq_stmt",
        find=lambda node: {} if node.sequence.relpersistence == "u" else None,
        message="UNLOGGED sequence not supported for CREATE SEQUENCE",
        evidence=UNSUPPORTED,
        basis="inferred",
        example="CREATE UNLOGGED SEQUENCE s CACHE 1",
    ),
    Rule(
        id="sequence.type",
        since=RECORDED,
        on="create_seq_stmt",
        sqlstate="22023",
        find=lambda node: _of_another_type(node.options),
        message="sequence type must be bigint",
        evidence=SQLALCHEMY,
        basis="reported",
        example="CREATE SEQUENCE s AS int CACHE 1",
    ),
    Rule(
        id="sequence.cache",
        since=RECORDED,
        on="create_seq_stmt",
        find=lambda node: uncached(node.options),
        message=f"CREATE SEQUENCE is not supported {DEFINE_CACHE}",
        evidence=golden("supported", "create_sequence"),
        basis="recorded",
        example="CREATE SEQUENCE s",
    ),
    Rule(
        id="sequence.cache_size",
        since=RECORDED,
        on="create_seq_stmt",
        sqlstate="22023",
        find=lambda node: badly_cached(node.options),
        message=WRONG_CACHE,
        evidence=SQLALCHEMY,
        basis="reported",
        example="CREATE SEQUENCE s CACHE 1000",
    ),
    Rule(
        id="sequence.altered_type",
        since=RECORDED,
        on="alter_seq_stmt",
        sqlstate="22023",
        find=lambda node: _of_another_type(node.options),
        message="sequence type must be bigint",
        evidence=SQLALCHEMY,
        basis="inferred",
        example="ALTER SEQUENCE s AS int",
    ),
    Rule(
        id="sequence.altered_cache_size",
        since=RECORDED,
        on="alter_seq_stmt",
        sqlstate="22023",
        find=lambda node: badly_cached(node.options),
        message=WRONG_CACHE,
        evidence=SQLALCHEMY,
        basis="inferred",
        example="ALTER SEQUENCE s CACHE 2",
    ),
)
