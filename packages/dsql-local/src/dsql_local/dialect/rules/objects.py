"""Objects other than tables: which may be dropped, renamed, granted, changed, and how many.

Law: pure; how many there are is a question to the catalogue.
"""

from typing import Final

from dsql_local.dialect.parse import Node, choice, inner_name, strings
from dsql_local.dialect.rule import Details, Finder, Rule
from dsql_local.dialect.rules.sources import (
    DIARY,
    DIARY_KEPT,
    MEASURED,
    OCTOBER,
    PROXY,
    RECORDED,
    ROLES,
    SEPTEMBER,
    SKILL,
    SUPPORTED_SQL,
    UNSUPPORTED,
    golden,
)

RELATIONS: Final = frozenset({"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_INDEX", "OBJECT_SEQUENCE"})
OBJECTS: Final = RELATIONS | {
    "OBJECT_DOMAIN",
    "OBJECT_FUNCTION",
    "OBJECT_ROUTINE",
    "OBJECT_SCHEMA",
    "OBJECT_STATISTIC_EXT",
}
RENAMED: Final = OBJECTS | {
    "OBJECT_COLUMN",
    "OBJECT_DOMCONSTRAINT",
    "OBJECT_ROLE",
    "OBJECT_TABCONSTRAINT",
}
GRANTABLE: Final = frozenset(
    {
        "OBJECT_TABLE",
        "OBJECT_SEQUENCE",
        "OBJECT_SCHEMA",
        "OBJECT_FUNCTION",
        "OBJECT_ROUTINE",
        "OBJECT_DOMAIN",
        "OBJECT_TYPE",
        "OBJECT_COLUMN",
    }
)
SYSTEM_SCHEMAS: Final = frozenset({"public", "sys", "pg_catalog", "information_schema"})
# PostgreSQL's name for a session's own schema.
TEMPORARY: Final = "pg_temp"
DOMAIN_ACTIONS: Final = {
    "C": "ADD CONSTRAINT",
    "O": "SET NOT NULL",
    "V": "VALIDATE CONSTRAINT",
}


def _kind_not_in(field: str, kinds: frozenset[str]) -> Finder:
    return lambda node: None if choice(node, field) in kinds else {}


def _temporary_view(node: Node) -> Details | None:
    return {} if node.view.relpersistence == "t" or node.view.schemaname == TEMPORARY else None


def _in_temporary_schema(field: str) -> Finder:
    return lambda node: {} if strings(getattr(node, field))[:-1] == [TEMPORARY] else None


def _language(node: Node) -> Details | None:
    for each in node.options:
        if each.def_elem.defname == "language":
            name = each.def_elem.arg.string.sval
            return None if node.is_procedure or name.lower() == "sql" else {"language": name}
    return None


def _system_schema(node: Node) -> Details | None:
    of_schema = choice(node, "objtype") == "OBJECT_SCHEMA"
    return {} if of_schema and SYSTEM_SCHEMAS.intersection(strings(node.objects)) else None


def _in_system_schema(node: Node) -> Details | None:
    """What lies in a schema of the system; in `public` are the clients' own."""
    schemas = set(strings(node.objects))
    for each in node.objects:
        schemas.add(each.range_var.schemaname)
        schemas.update(strings(each.object_with_args.objname)[:-1])
    if choice(node, "objtype") == "OBJECT_SCHEMA":
        return None
    return {} if schemas & (SYSTEM_SCHEMAS - {"public"}) else None


def _domain_action(node: Node) -> Details | None:
    action = DOMAIN_ACTIONS.get(node.subtype)
    return {"action": action} if action else None


def _statistics_target(node: Node) -> Details | None:
    target = node.stxstattarget
    number = target.integer.ival if inner_name(target) == "integer" else -1
    return {"count": number}


RULES = (
    Rule(
        id="object.dropped_concurrently",
        since=DIARY_KEPT,
        on="drop_stmt",
        find=lambda node: {} if node.concurrent else None,
        message="DROP INDEX CONCURRENTLY must be first action in transaction",
        evidence=DIARY,
        basis="reported",
        example="DROP INDEX CONCURRENTLY i",
    ),
    Rule(
        id="object.dropped",
        since=RECORDED,
        on="drop_stmt",
        find=_kind_not_in("remove_type", OBJECTS),
        message="unsupported object in DROP statement",
        evidence=UNSUPPORTED,
        basis="reported",
        example="DROP TYPE e",
    ),
    Rule(
        id="object.renamed",
        since=RECORDED,
        on="rename_stmt",
        find=_kind_not_in("rename_type", RENAMED),
        message="unsupported object in RENAME statement",
        evidence=UNSUPPORTED,
        basis="reported",
        example="ALTER TYPE e RENAME TO f",
    ),
    Rule(
        id="object.moved",
        since=RECORDED,
        on="alter_object_schema_stmt",
        find=_kind_not_in("object_type", OBJECTS),
        message="unsupported object in SET SCHEMA statement",
        evidence=SUPPORTED_SQL,
        basis="inferred",
        example="ALTER TYPE e SET SCHEMA s",
    ),
    Rule(
        id="object.owned",
        since=RECORDED,
        on="alter_owner_stmt",
        find=_kind_not_in("object_type", OBJECTS),
        message="unsupported object in OWNER TO statement",
        evidence=SUPPORTED_SQL,
        basis="inferred",
        example="ALTER DATABASE d OWNER TO u",
    ),
    Rule(
        id="object.granted",
        since=SEPTEMBER,
        on="grant_stmt",
        find=_kind_not_in("objtype", GRANTABLE),
        message="unsupported object type in GRANT",
        evidence=ROLES,
        basis="reported",
        example="GRANT CONNECT ON DATABASE postgres TO u",
    ),
    Rule(
        id="object.system_schema",
        since=SEPTEMBER,
        on="grant_stmt",
        find=_system_schema,
        message="feature not supported on system entity",
        evidence=ROLES,
        basis="reported",
        example="GRANT USAGE ON SCHEMA public TO u",
    ),
    Rule(
        id="object.in_system_schema",
        since=SEPTEMBER,
        on="grant_stmt",
        find=_in_system_schema,
        message="feature not supported on system entity",
        evidence=ROLES,
        basis="inferred",
        example="GRANT SELECT ON sys.jobs TO u",
    ),
    Rule(
        id="function.procedure",
        since=OCTOBER,
        on="create_function_stmt",
        find=lambda node: {} if node.is_procedure else None,
        message="PROCEDURE is not supported",
        evidence=SKILL,
        basis="reported",
        example="CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
    ),
    Rule(
        id="function.language",
        since=RECORDED,
        on="create_function_stmt",
        find=_language,
        message="CREATE FUNCTION with language {language} not supported",
        evidence=golden("unsupported", "create_function_plpgsql"),
        basis="recorded",
        example="CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN END'",
    ),
    Rule(
        id="domain.action",
        since=DIARY_KEPT,
        on="alter_domain_stmt",
        find=_domain_action,
        message="unsupported ALTER DOMAIN {action} statement",
        evidence=DIARY,
        basis="inferred",
        example="ALTER DOMAIN d SET NOT NULL",
    ),
    Rule(
        id="view.temporary",
        since=RECORDED,
        on="view_stmt",
        find=_temporary_view,
        message="TEMPORARY or TEMP view not supported for CREATE VIEW",
        evidence=UNSUPPORTED,
        basis="inferred",
        example="CREATE TEMPORARY VIEW v AS SELECT 1",
    ),
    Rule(
        id="function.temporary",
        since=RECORDED,
        on="create_function_stmt",
        find=_in_temporary_schema("funcname"),
        message="TEMPORARY or TEMP function not supported for CREATE FUNCTION",
        evidence=UNSUPPORTED,
        basis="inferred",
        example="CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    Rule(
        id="domain.temporary",
        since=RECORDED,
        on="create_domain_stmt",
        find=_in_temporary_schema("domainname"),
        message="TEMPORARY or TEMP domain not supported for CREATE DOMAIN",
        evidence=UNSUPPORTED,
        basis="inferred",
        example="CREATE DOMAIN pg_temp.d AS int",
    ),
    Rule(
        id="statistics.target",
        since=MEASURED,
        on="alter_stats_stmt",
        sqlstate="22023",
        find=_statistics_target,
        limit="statistics_target",
        message="statistics target {count} exceeds maximum allowed value of {limit}",
        evidence=PROXY,
        basis="reported",
        example="ALTER STATISTICS s SET STATISTICS 101",
    ),
)
