"""Statements Aurora DSQL has not, by the name of their node.

Law: the text is PostgreSQL's node tag without its ending, as recorded for eleven statements of
different kinds; documentation tells that the others are refused.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from dsql_local.dialect.parse import Node, choice, tag_of
from dsql_local.dialect.rule import Basis, Details, Rule
from dsql_local.dialect.rules.sources import (
    DIARY,
    DIARY_KEPT,
    DJANGO,
    DUMP_PROXY,
    EXECUTE,
    EXECUTED,
    OCTOBER,
    RECORDED,
    SKILL,
    UNSUPPORTED,
    golden,
)

NOT_BY_SOURCE: Final = "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"


def _tag(node: Node) -> Details:
    return {"tag": tag_of(node)}


def _unsupported(
    on: str,
    example: str,
    *,
    evidence: str = UNSUPPORTED,
    basis: Basis = "inferred",
    since: date = RECORDED,
) -> Rule:
    return Rule(
        id=f"statement.{on.removesuffix('_stmt')}",
        since=since,
        on=on,
        find=_tag,
        message="unsupported statement: {tag}",
        evidence=evidence,
        basis=basis,
        example=example,
    )


def _recorded(on: str, case: str, example: str) -> Rule:
    return _unsupported(on, example, evidence=golden("unsupported", case), basis="recorded")


RECORDED_TAGS = (
    _recorded("truncate_stmt", "truncate", "TRUNCATE t"),
    _recorded("create_extension_stmt", "create_extension", "CREATE EXTENSION pgcrypto"),
    _recorded("createdb_stmt", "create_database", "CREATE DATABASE d"),
    _recorded("create_table_as_stmt", "create_table_as", "CREATE TABLE t AS SELECT 1"),
    _recorded("composite_type_stmt", "composite_type", "CREATE TYPE p AS (a int)"),
    _recorded("create_range_stmt", "range_type", "CREATE TYPE r AS RANGE (subtype = int4)"),
    _recorded("create_table_space_stmt", "tablespace", "CREATE TABLESPACE s LOCATION '/s'"),
    _recorded("create_foreign_table_stmt", "foreign_table", "CREATE FOREIGN TABLE f () SERVER s"),
    _recorded("listen_stmt", "listen", "LISTEN c"),
    _recorded("notify_stmt", "notify", "NOTIFY c"),
    _recorded("unlisten_stmt", "unlisten", "UNLISTEN c"),
    _recorded("alter_system_stmt", "alter_system", "ALTER SYSTEM SET work_mem = '4MB'"),
)

REPORTED_TAGS = (
    _unsupported(
        "create_policy_stmt",
        "CREATE POLICY p ON t",
        evidence=DIARY,
        basis="reported",
        since=DIARY_KEPT,
    ),
    _unsupported("do_stmt", "DO 'BEGIN END'", evidence=SKILL, basis="reported", since=OCTOBER),
    _unsupported(
        "execute_stmt",
        "EXECUTE p",
        evidence=EXECUTE,
        basis="reported",
        since=EXECUTED,
    ),
    _unsupported(
        "declare_cursor_stmt",
        "DECLARE c CURSOR FOR SELECT 1",
        evidence=DJANGO,
        basis="reported",
    ),
)

DOCUMENTED = {
    "alter_extension_stmt": "ALTER EXTENSION e UPDATE",
    "alter_extension_contents_stmt": "ALTER EXTENSION e ADD TABLE t",
    "create_fdw_stmt": "CREATE FOREIGN DATA WRAPPER w",
    "alter_fdw_stmt": "ALTER FOREIGN DATA WRAPPER w NO HANDLER",
    "create_foreign_server_stmt": "CREATE SERVER s FOREIGN DATA WRAPPER w",
    "alter_foreign_server_stmt": "ALTER SERVER s VERSION '2'",
    "create_user_mapping_stmt": "CREATE USER MAPPING FOR u SERVER s",
    "alter_user_mapping_stmt": "ALTER USER MAPPING FOR u SERVER s OPTIONS (a 'b')",
    "drop_user_mapping_stmt": "DROP USER MAPPING FOR u SERVER s",
    "import_foreign_schema_stmt": "IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b",
    "drop_table_space_stmt": "DROP TABLESPACE s",
    "alter_table_space_options_stmt": "ALTER TABLESPACE s RESET (seq_page_cost)",
    "alter_table_move_all_stmt": "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
    "alter_policy_stmt": "ALTER POLICY p ON t TO u",
    "create_am_stmt": "CREATE ACCESS METHOD m TYPE INDEX HANDLER h",
    "create_event_trig_stmt": "CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f()",
    "alter_event_trig_stmt": "ALTER EVENT TRIGGER e DISABLE",
    "create_plang_stmt": "CREATE LANGUAGE l HANDLER h",
    "define_stmt": "CREATE AGGREGATE a (int) (sfunc = f, stype = int)",
    "create_op_class_stmt": "CREATE OPERATOR CLASS c FOR TYPE int USING btree AS OPERATOR 1 <",
    "create_op_family_stmt": "CREATE OPERATOR FAMILY f USING btree",
    "alter_op_family_stmt": "ALTER OPERATOR FAMILY f USING btree DROP OPERATOR 1 (int, int)",
    "alter_operator_stmt": "ALTER OPERATOR + (int, int) SET (RESTRICT = NONE)",
    "create_conversion_stmt": "CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM f",
    "create_cast_stmt": "CREATE CAST (int AS text) WITHOUT FUNCTION",
    "create_transform_stmt": "CREATE TRANSFORM FOR int LANGUAGE l (FROM SQL WITH FUNCTION f(int))",
    "alter_collation_stmt": "ALTER COLLATION c REFRESH VERSION",
    "alter_tsdictionary_stmt": "ALTER TEXT SEARCH DICTIONARY d (a)",
    "alter_tsconfiguration_stmt": "ALTER TEXT SEARCH CONFIGURATION c DROP MAPPING FOR word",
    "sec_label_stmt": "SECURITY LABEL ON TABLE t IS 'x'",
    "rule_stmt": "CREATE RULE r AS ON INSERT TO t DO NOTHING",
    "load_stmt": "LOAD 'x'",
    "alter_database_stmt": "ALTER DATABASE d CONNECTION LIMIT 1",
    "alter_database_refresh_coll_stmt": "ALTER DATABASE d REFRESH COLLATION VERSION",
    "alter_database_set_stmt": "ALTER DATABASE d SET search_path TO a",
    "dropdb_stmt": "DROP DATABASE d",
    "cluster_stmt": "CLUSTER t",
    "refresh_mat_view_stmt": "REFRESH MATERIALIZED VIEW v",
    "check_point_stmt": "CHECKPOINT",
    "lock_stmt": "LOCK TABLE t",
    "reindex_stmt": "REINDEX TABLE t",
    "fetch_stmt": "FETCH c",
    "close_portal_stmt": "CLOSE c",
    "drop_owned_stmt": "DROP OWNED BY u",
    "reassign_owned_stmt": "REASSIGN OWNED BY a TO b",
    "create_publication_stmt": "CREATE PUBLICATION p",
    "alter_publication_stmt": "ALTER PUBLICATION p ADD TABLE t",
    "create_subscription_stmt": "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
    "alter_subscription_stmt": "ALTER SUBSCRIPTION s DISABLE",
    "drop_subscription_stmt": "DROP SUBSCRIPTION s",
}


def _deallocated_by_name(node: Node) -> Details | None:
    return None if node.isall else _tag(node)


def _merge(node: Node) -> Details | None:
    """A MERGE as PostgreSQL 16 has it; what later ones added is an error of syntax."""
    clauses = (each.merge_when_clause for each in node.merge_when_clauses)
    newer = any(choice(each, "match_kind") == NOT_BY_SOURCE for each in clauses)
    return None if newer or node.HasField("returning_clause") else {}


def _into(node: Node) -> Details | None:
    while node.HasField("larg"):  # of a UNION, the first query says where to
        node = node.larg
    return {} if node.HasField("into_clause") else None


def _session_statements() -> Iterator[Rule]:
    """SQL-level prepared statements and the like, which pg_dump's proxy has to take out."""
    for on, example in (
        ("prepare_stmt", "PREPARE p AS SELECT 1"),
        ("discard_stmt", "DISCARD ALL"),
    ):
        yield _unsupported(on, example, evidence=DUMP_PROXY)
    yield Rule(
        id="statement.deallocate",
        since=RECORDED,
        on="deallocate_stmt",
        find=_deallocated_by_name,
        message="unsupported statement: {tag}",
        evidence=DUMP_PROXY,
        basis="inferred",
        example="DEALLOCATE p",
    )


OTHER_TEXTS = (
    Rule(
        id="statement.vacuum",
        since=RECORDED,
        on="vacuum_stmt",
        find=lambda node: {} if node.is_vacuumcmd else None,
        message="unsupported VACUUM statement",
        evidence=golden("unsupported", "vacuum"),
        basis="recorded",
        example="VACUUM t",
    ),
    Rule(
        id="statement.merge",
        since=RECORDED,
        on="merge_stmt",
        find=_merge,
        message="unsupported statement type: MERGE",
        evidence=UNSUPPORTED,
        basis="reported",
        example="MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE",
    ),
    Rule(
        id="statement.trigger",
        since=RECORDED,
        on="create_trig_stmt",
        message="CREATE TRIGGER not supported",
        evidence=golden("unsupported", "create_trigger"),
        basis="recorded",
        example="CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()",
    ),
    Rule(
        id="statement.enum",
        since=RECORDED,
        on="create_enum_stmt",
        message="CREATE TYPE not supported",
        evidence=golden("unsupported", "enum_type"),
        basis="recorded",
        example="CREATE TYPE e AS ENUM ('a')",
    ),
    Rule(
        id="statement.alter_enum",
        since=RECORDED,
        on="alter_enum_stmt",
        message="ALTER TYPE not supported",
        evidence=UNSUPPORTED,
        basis="reported",
        example="ALTER TYPE e ADD VALUE 'b'",
    ),
    Rule(
        id="statement.alter_type",
        since=RECORDED,
        on="alter_type_stmt",
        message="ALTER TYPE not supported",
        evidence=UNSUPPORTED,
        basis="inferred",
        example="ALTER TYPE e SET (STORAGE = plain)",
    ),
    Rule(
        id="statement.select_into",
        since=RECORDED,
        on="select_stmt",
        find=_into,
        message="unsupported statement: CreateTableAs",
        evidence=golden("unsupported", "create_table_as"),
        basis="inferred",
        example="SELECT 1 AS x INTO t",
    ),
)

RULES = (
    *RECORDED_TAGS,
    *REPORTED_TAGS,
    *(_unsupported(on, example) for on, example in DOCUMENTED.items()),
    *_session_statements(),
    *OTHER_TEXTS,
)
