"""Parts of expressions and queries Aurora DSQL has not.

Law: functions are known by their last name; what is no function of PostgreSQL itself passes.
"""

import re
from typing import Final

from dsql_local.dialect.parse import Node, choice, strings
from dsql_local.dialect.rule import Details, Finder, Rule
from dsql_local.dialect.rules.sources import (
    ADVISORY_LOCKS,
    BACKEND_PID,
    RECORDED,
    SEPTEMBER,
    SUPPORTED_SQL,
    SYSTEM_TABLES,
    UNSUPPORTED,
    golden,
)

LOCKS: Final = frozenset({"LCS_FORUPDATE", "LCS_FORKEYSHARE"})
SIZES: Final = frozenset(
    [
        "pg_database_size",
        "pg_indexes_size",
        "pg_relation_size",
        "pg_table_size",
        "pg_tablespace_size",
        "pg_total_relation_size",
    ]
)
# What is the stand-in's own is in schemas with these names.
INTERNAL: Final = "pg_dsql_local"
# `pg_largeobject` is not there.
LARGE_OBJECT: Final = re.compile("lo_[a-z0-9_]+|loread|lowrite")


def called(node: Node) -> str | None:
    """The name of the function of PostgreSQL's own that this calls."""
    match strings(node.funcname):
        case ["pg_catalog", name] | [name]:
            return name
        case _:
            return None


def _advisory_lock(node: Node) -> Details | None:
    name = called(node) or ""
    return {"name": name} if name.startswith(("pg_advisory_", "pg_try_advisory_")) else None


def _large_object(node: Node) -> Details | None:
    name = called(node) or ""
    return {"name": name} if LARGE_OBJECT.fullmatch(name) else None


def _one_of(*names: str) -> Finder:
    def find(node: Node) -> Details | None:
        name = called(node)
        return {"name": name} if name in names else None

    return find


def _internal_function(node: Node) -> Details | None:
    match strings(node.funcname):
        case [schema, _] if schema.startswith(INTERNAL):
            return {"schema": schema}
        case _:
            return None


def _internal_relation(node: Node) -> Details | None:
    schema = node.schemaname
    return {"schema": schema, "name": node.relname} if schema.startswith(INTERNAL) else None


def _weak_lock(node: Node) -> Details | None:
    return None if choice(node, "strength") in LOCKS else {}


RULES = (
    Rule(
        id="function.advisory_lock",
        since=RECORDED,
        on="func_call",
        find=_advisory_lock,
        message="function {name} not supported",
        evidence=ADVISORY_LOCKS,
        basis="reported",
        example="SELECT pg_advisory_lock(1)",
    ),
    Rule(
        id="function.backend_pid",
        since=RECORDED,
        on="func_call",
        find=_one_of("pg_backend_pid"),
        message="function {name} not supported",
        evidence=BACKEND_PID,
        basis="reported",
        example="SELECT pg_backend_pid()",
    ),
    Rule(
        id="function.size",
        since=RECORDED,
        on="func_call",
        find=_one_of(*SIZES),
        message="function {name} not supported",
        evidence=UNSUPPORTED,
        basis="reported",
        example="SELECT pg_relation_size('t')",
    ),
    Rule(
        id="function.set_config",
        since=RECORDED,
        on="func_call",
        find=_one_of("set_config"),
        message="function {name} not supported",
        evidence=SUPPORTED_SQL,
        basis="inferred",
        example="SELECT set_config('search_path', '', false)",
    ),
    Rule(
        id="function.notify",
        since=RECORDED,
        on="func_call",
        find=_one_of("pg_notify"),
        message="function {name} not supported",
        evidence=golden("unsupported", "notify"),
        basis="inferred",
        example="SELECT pg_notify('c', '')",
    ),
    Rule(
        id="function.large_object",
        since=RECORDED,
        on="func_call",
        find=_large_object,
        message="function {name} not supported",
        evidence=SYSTEM_TABLES,
        basis="inferred",
        example="SELECT lo_create(0)",
    ),
    Rule(
        id="function.internal",
        since=SEPTEMBER,
        on="func_call",
        sqlstate="3F000",
        find=_internal_function,
        message='schema "{schema}" does not exist',
        evidence=SYSTEM_TABLES,
        basis="inferred",
        example="SELECT pg_dsql_local.limit_of('rows')",
    ),
    Rule(
        id="query.internal",
        since=SEPTEMBER,
        on="range_var",
        sqlstate="42P01",
        find=_internal_relation,
        message='relation "{schema}.{name}" does not exist',
        evidence=SYSTEM_TABLES,
        basis="inferred",
        example="SELECT a FROM pg_dsql_local.jobs",
    ),
    Rule(
        id="query.locking_clause",
        since=RECORDED,
        on="locking_clause",
        find=_weak_lock,
        message="locking clauses other than FOR UPDATE/FOR KEY SHARE are not supported",
        evidence=golden("occ", "occ_for_share"),
        basis="recorded",
        example="SELECT a FROM t FOR SHARE",
    ),
    Rule(
        id="query.tablesample",
        since=SEPTEMBER,
        on="range_table_sample",
        message="TABLESAMPLE clause not supported",
        evidence=UNSUPPORTED,
        basis="reported",
        example="SELECT a FROM t TABLESAMPLE SYSTEM (1)",
    ),
)
