"""The types of PostgreSQL as the parser names them and as messages name them.

Law: pure; only types PostgreSQL has by itself. What a name of another stands for, the catalogue
knows.
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-postgresql-compatibility-supported-data-types.html
"""

from typing import Final

from dsql_local.dialect.parse import Node, strings

# What columns may have: the parser's name, and `format_type`'s where it differs.
STORABLE: Final = frozenset(
    [
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "numeric",
        "bpchar",
        "varchar",
        "text",
        "bytea",
        "json",
        "jsonb",
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "interval",
        "bool",
        "uuid",
    ]
)
# https://docs.aws.amazon.com/aurora-dsql/latest/userguide/create-index-syntax-support.html
UNINDEXABLE: Final = frozenset({"timetz", "interval", "bytea", "json", "jsonb"})
DISPLAYED: Final = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bpchar": "character",
    "varchar": "character varying",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "bool": "boolean",
    "varbit": "bit varying",
    "char": '"char"',
}
# Column types of PostgreSQL that Aurora DSQL has in expressions at most.
RUNTIME_ONLY: Final = frozenset(
    [
        "aclitem",
        "bit",
        "box",
        "char",
        "cid",
        "cidr",
        "circle",
        "inet",
        "int2vector",
        "line",
        "lseg",
        "macaddr",
        "macaddr8",
        "money",
        "name",
        "oid",
        "oidvector",
        "path",
        "pg_lsn",
        "pg_snapshot",
        "point",
        "polygon",
        "refcursor",
        "tid",
        "tsquery",
        "tsvector",
        "txid_snapshot",
        "varbit",
        "xid",
        "xid8",
        "xml",
        "jsonpath",
        "regclass",
        "regcollation",
        "regconfig",
        "regdictionary",
        "regnamespace",
        "regoper",
        "regoperator",
        "regproc",
        "regprocedure",
        "regrole",
        "regtype",
        "int4range",
        "int8range",
        "numrange",
        "tsrange",
        "tstzrange",
        "daterange",
        "int4multirange",
        "int8multirange",
        "nummultirange",
        "tsmultirange",
        "tstzmultirange",
        "datemultirange",
    ]
)
SERIAL: Final = frozenset(["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"])


def builtin(name: Node) -> str | None:
    """PostgreSQL's own type this TypeName means, or None for any other."""
    match strings(name.names):
        case ["pg_catalog", own] | [own] if own in STORABLE or own in RUNTIME_ONLY:
            return own
        case _:
            return None


def displayed(own: str, *, array: bool = False) -> str:
    """The name messages give to a type, without its length or precision."""
    return DISPLAYED.get(own, own) + ("[]" if array else "")


def length_of(name: Node) -> int | None:
    """The first modifier of a TypeName, as in ``varchar(20)``."""
    if name.typmods and name.typmods[0].a_const.HasField("ival"):
        return int(name.typmods[0].a_const.ival.ival)
    return None


def declared_bytes(name: Node) -> int:
    """What a column of this type adds to the declared size of a key."""
    return (length_of(name) or 0) if builtin(name) in {"varchar", "bpchar"} else 0
