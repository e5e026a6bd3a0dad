"""ALTER TABLE: the actions it has not, and the bounds of those it has.

Law: the text of a refused action is PostgreSQL's own name of it, as recorded for nine actions
(`alter_table_type_to_string` in PostgreSQL's tablecmds.c).
"""

from typing import Final

from dsql_local.dialect.parse import Node, choice, inner_name
from dsql_local.dialect.rule import Details, Rule
from dsql_local.dialect.rules.sequences import DEFINE_CACHE, WRONG_CACHE, badly_cached, uncached
from dsql_local.dialect.rules.sources import (
    ALTER_TABLE,
    DIARY,
    DIARY_KEPT,
    MEASURED,
    OCTOBER,
    PROXY,
    QUOTAS,
    RECORDED,
    SKILL,
    golden,
)
from dsql_local.dialect.sites import Alteration
from dsql_local.dialect.sql import literal, regclass

ALTER_COLUMN: Final = "ALTER COLUMN ... "
# What the documentation's grammar of ALTER TABLE has not, by the parser's name of the action. Those
# of a grammar newer than 16's are errors of syntax.
REFUSED_ACTIONS: Final = {
    "AT_SetNotNull": f"{ALTER_COLUMN}SET NOT NULL",
    "AT_SetStatistics": f"{ALTER_COLUMN}SET STATISTICS",
    "AT_SetOptions": f"{ALTER_COLUMN}SET",
    "AT_ResetOptions": f"{ALTER_COLUMN}RESET",
    "AT_SetCompression": f"{ALTER_COLUMN}SET COMPRESSION",
    "AT_AlterColumnType": f"{ALTER_COLUMN}SET DATA TYPE",
    "AT_AlterColumnGenericOptions": f"{ALTER_COLUMN}OPTIONS",
    "AT_ClusterOn": "CLUSTER ON",
    "AT_DropCluster": "SET WITHOUT CLUSTER",
    "AT_SetLogged": "SET LOGGED",
    "AT_SetUnLogged": "SET UNLOGGED",
    "AT_DropOids": "SET WITHOUT OIDS",
    "AT_SetAccessMethod": "SET ACCESS METHOD",
    "AT_SetTableSpace": "SET TABLESPACE",
    "AT_SetRelOptions": "SET",
    "AT_ResetRelOptions": "RESET",
    "AT_EnableTrig": "ENABLE TRIGGER",
    "AT_EnableAlwaysTrig": "ENABLE ALWAYS TRIGGER",
    "AT_EnableReplicaTrig": "ENABLE REPLICA TRIGGER",
    "AT_DisableTrig": "DISABLE TRIGGER",
    "AT_EnableTrigAll": "ENABLE TRIGGER ALL",
    "AT_DisableTrigAll": "DISABLE TRIGGER ALL",
    "AT_EnableTrigUser": "ENABLE TRIGGER USER",
    "AT_DisableTrigUser": "DISABLE TRIGGER USER",
    "AT_EnableRule": "ENABLE RULE",
    "AT_EnableAlwaysRule": "ENABLE ALWAYS RULE",
    "AT_EnableReplicaRule": "ENABLE REPLICA RULE",
    "AT_DisableRule": "DISABLE RULE",
    "AT_AddInherit": "INHERIT",
    "AT_DropInherit": "NO INHERIT",
    "AT_AddOf": "OF",
    "AT_DropOf": "NOT OF",
    "AT_ReplicaIdentity": "REPLICA IDENTITY",
    "AT_EnableRowSecurity": "ENABLE ROW SECURITY",
    "AT_DisableRowSecurity": "DISABLE ROW SECURITY",
    "AT_ForceRowSecurity": "FORCE ROW SECURITY",
    "AT_NoForceRowSecurity": "NO FORCE ROW SECURITY",
    "AT_GenericOptions": "OPTIONS",
    "AT_AttachPartition": "ATTACH PARTITION",
    "AT_DetachPartition": "DETACH PARTITION",
    "AT_DetachPartitionFinalize": "DETACH PARTITION ... FINALIZE",
}
# Views keep their options.
VIEW_ACTIONS: Final = frozenset({"AT_SetRelOptions", "AT_ResetRelOptions"})
OBJECTS: Final = {
    "OBJECT_TABLE": "TABLE",
    "OBJECT_VIEW": "VIEW",
    "OBJECT_INDEX": "INDEX",
    "OBJECT_SEQUENCE": "SEQUENCE",
}
NOT_VALID: Final = frozenset({"CONSTR_CHECK", "CONSTR_FOREIGN"})
PRIMARY_KEY: Final = (
    "SELECT a.attname AS column, k.conname AS constraint FROM pg_constraint k"
    " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)"
    " WHERE k.contype = 'p' AND k.conrelid = {relation}"
)


def _action(part: Alteration) -> str:
    return choice(part.command, "subtype")


def _target(part: Alteration) -> dict[str, object]:
    """The table, as an expression, and what the action names in it."""
    table = part.statement.relation
    return {
        "relation": regclass(table.schemaname, table.relname),
        "name": literal(part.command.name),
    }


def _definition(part: Alteration) -> Node:
    return getattr(part.command, "def")


def _refused(part: Alteration) -> Details | None:
    action = _action(part)
    kind = choice(part.statement, "objtype")
    if action not in REFUSED_ACTIONS or (kind == "OBJECT_VIEW" and action in VIEW_ACTIONS):
        return None
    return {"object": OBJECTS.get(kind, "TABLE"), "action": REFUSED_ACTIONS[action]}


def _of_a_type(node: Node) -> Details | None:
    return {} if choice(node, "objtype") == "OBJECT_TYPE" else None


def _added_constraint(part: Alteration) -> Details | None:
    if _action(part) != "AT_AddConstraint":
        return None
    constraint = _definition(part).constraint
    kind = choice(constraint, "contype")
    unvalidated = kind in NOT_VALID and constraint.skip_validation
    of_index = kind == "CONSTR_UNIQUE" and constraint.indexname
    of_newer_grammar = kind == "CONSTR_NOTNULL"
    return None if unvalidated or of_index or of_newer_grammar else {}


def _deferrable_unique(part: Alteration) -> Details | None:
    if _action(part) != "AT_AddConstraint":
        return None
    constraint = _definition(part).constraint
    unique = choice(constraint, "contype") == "CONSTR_UNIQUE"
    return {} if unique and (constraint.deferrable or constraint.initdeferred) else None


def _validated(part: Alteration) -> Details | None:
    return {} if _action(part) == "AT_ValidateConstraint" else None


def _dropped_column(part: Alteration) -> Details | None:
    return _target(part) if _action(part) == "AT_DropColumn" else None


def _dropped_constraint(part: Alteration) -> Details | None:
    return _target(part) if _action(part) == "AT_DropConstraint" else None


def _identity_options(part: Alteration) -> Node | None:
    if _action(part) != "AT_AddIdentity":
        return None
    return _definition(part).constraint.options


def _identity(part: Alteration) -> Details | None:
    return None if _identity_options(part) is None else _target(part)


def _identity_uncached(part: Alteration) -> Details | None:
    options = _identity_options(part)
    return None if options is None else uncached(options)


def _identity_badly_cached(part: Alteration) -> Details | None:
    changed = _action(part) == "AT_SetIdentity" and inner_name(_definition(part)) == "list"
    options = _definition(part).list.items if changed else _identity_options(part)
    return None if options is None else badly_cached(options)


def _added_column(part: Alteration) -> Details | None:
    return _target(part) if _action(part) == "AT_AddColumn" else None


RULES = (
    Rule(
        id="alter.type",
        since=RECORDED,
        on="alter_table_stmt",
        find=_of_a_type,
        message="ALTER TYPE not supported",
        evidence=golden("unsupported", "composite_type"),
        basis="inferred",
        example="ALTER TYPE p ADD ATTRIBUTE a int",
    ),
    Rule(
        id="alter.action",
        since=OCTOBER,
        on="alteration",
        find=_refused,
        message="unsupported ALTER {object} {action} statement",
        evidence=SKILL,
        basis="reported",
        example="ALTER TABLE t ALTER COLUMN a TYPE text",
    ),
    Rule(
        id="alter.deferrable_unique",
        since=MEASURED,
        on="alteration",
        find=_deferrable_unique,
        message="ALTER TABLE / ADD CONSTRAINT UNIQUE / DEFERRED / INITIALLY DEFERRED not supported",
        evidence=PROXY,
        basis="reported",
        example="ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i DEFERRABLE",
    ),
    Rule(
        id="alter.add_constraint",
        since=OCTOBER,
        on="alteration",
        find=_added_constraint,
        message="unsupported ALTER TABLE ADD CONSTRAINT statement",
        evidence=SKILL,
        basis="reported",
        example="ALTER TABLE t ADD CHECK (a > 0)",
    ),
    Rule(
        id="alter.validate_constraint",
        since=OCTOBER,
        on="alteration",
        find=_validated,
        message="unsupported ALTER TABLE VALIDATE CONSTRAINT statement",
        evidence=SKILL,
        basis="reported",
        example="ALTER TABLE t VALIDATE CONSTRAINT c",
    ),
    Rule(
        id="alter.drop_key_column",
        since=OCTOBER,
        on="alteration",
        find=_dropped_column,
        question=f"{PRIMARY_KEY} AND a.attname = {{name}}",
        message="cannot drop primary key column {column}",
        evidence=ALTER_TABLE,
        basis="reported",
        example="ALTER TABLE t DROP COLUMN id",
    ),
    Rule(
        id="alter.drop_primary_key",
        since=DIARY_KEPT,
        on="alteration",
        find=_dropped_constraint,
        question=f"{PRIMARY_KEY} AND k.conname = {{name}} LIMIT 1",
        message="unsupported ALTER TABLE DROP CONSTRAINT statement",
        evidence=DIARY,
        basis="reported",
        example="ALTER TABLE t DROP CONSTRAINT t_pkey",
    ),
    Rule(
        id="alter.identity_type",
        since=RECORDED,
        on="alteration",
        find=_identity,
        question="SELECT format_type(a.atttypid, NULL) AS type FROM pg_attribute a"
        " WHERE a.attrelid = {relation} AND a.attname = {name}"
        " AND a.atttypid <> 'pg_catalog.int8'::regtype",
        message="datatype {type} not supported, identity column type must be bigint",
        evidence=golden("supported", "identity_integer"),
        basis="inferred",
        example="ALTER TABLE t ALTER COLUMN a ADD GENERATED ALWAYS AS IDENTITY (CACHE 1)",
    ),
    Rule(
        id="alter.identity_cache",
        since=RECORDED,
        on="alteration",
        find=_identity_uncached,
        message=f"identity column is not supported {DEFINE_CACHE}",
        evidence=golden("supported", "identity_column"),
        basis="inferred",
        example="ALTER TABLE t ALTER COLUMN a ADD GENERATED ALWAYS AS IDENTITY",
    ),
    Rule(
        id="alter.identity_cache_size",
        since=RECORDED,
        on="alteration",
        sqlstate="22023",
        find=_identity_badly_cached,
        message=WRONG_CACHE,
        evidence=ALTER_TABLE,
        basis="inferred",
        example="ALTER TABLE t ALTER COLUMN a SET CACHE 2",
    ),
    Rule(
        id="alter.columns",
        since=OCTOBER,
        on="alteration",
        sqlstate="54011",
        find=_added_column,
        limit="columns",
        question="SELECT CASE WHEN EXISTS (SELECT FROM pg_constraint WHERE contype = 'p'"
        " AND conrelid = {relation}) THEN 'cannot use more than {limit} columns in an index'"
        " ELSE 'tables can have at most 255 columns' END AS problem FROM pg_attribute"
        " WHERE attrelid = {relation} AND attnum > 0 AND NOT attisdropped"
        " HAVING count(*) >= {limit}",
        message="{problem}",
        evidence=QUOTAS,
        basis="reported",
        example="ALTER TABLE t ADD COLUMN a int",
    ),
)
