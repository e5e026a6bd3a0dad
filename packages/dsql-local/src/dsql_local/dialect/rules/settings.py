"""Parameters and transactions: SET in all its forms, BEGIN's options, savepoints.

Law: a parameter may be set if it is on the list; any may be reset. Names are the same in any case,
quoted or not.
"""

from typing import Final

from dsql_local.dialect.parse import Node, choice
from dsql_local.dialect.rule import Details, Rule
from dsql_local.dialect.rules.sources import (
    MEASURED,
    PROXY,
    RECORDED,
    SET_ROLE,
    golden,
)

# Aurora DSQL's own; PostgreSQL knows nothing of it.
SYNC_INDEX: Final = "disable_sync_create_index"
SETTABLE: Final = frozenset(
    [
        "application_name",
        "client_encoding",
        "datestyle",
        "extra_float_digits",
        "intervalstyle",
        "timezone",
        "search_path",
        "enable_bitmapscan",
        "enable_hashjoin",
        "enable_indexonlyscan",
        "enable_indexscan",
        "enable_material",
        "enable_mergejoin",
        "enable_nestloop",
        "enable_seqscan",
        "dsql.enable_batched_nestloop",
    ]
) | {SYNC_INDEX}
OWN_PREFIX: Final = "dsql."
# PostgreSQL would keep any text under these names.
SWITCHES: Final = frozenset({"dsql.enable_batched_nestloop", SYNC_INDEX})
TRUE_AND_FALSE: Final = ("true", "false", "yes", "no")
ISOLATION: Final = "repeatable read"
SETS: Final = frozenset({"VAR_SET_VALUE", "VAR_SET_CURRENT"})
TRANSACTIONS: Final = frozenset({"TRANSACTION", "TRANSACTION SNAPSHOT"})
UNSUPPORTED_TRANSACTIONS: Final = {
    "TRANS_STMT_SAVEPOINT": "SAVEPOINT",
    "TRANS_STMT_RELEASE": "RELEASE",
    "TRANS_STMT_ROLLBACK_TO": "ROLLBACK TO",
    "TRANS_STMT_PREPARE": "PREPARE TRANSACTION",
    "TRANS_STMT_COMMIT_PREPARED": "COMMIT PREPARED",
    "TRANS_STMT_ROLLBACK_PREPARED": "ROLLBACK PREPARED",
}


def option(options: Node, name: str) -> str | int | None:
    """The value of a transaction mode among the options of BEGIN or SET TRANSACTION."""
    for each in options:
        if each.WhichOneof("node") == "def_elem" and each.def_elem.defname == name:
            value = each.def_elem.arg.a_const
            return value.sval.sval if value.HasField("sval") else int(value.ival.ival)
    return None


def _level(options: Node) -> Details | None:
    level = option(options, "transaction_isolation")
    return None if level in {None, ISOLATION} else {"level": str(level).upper()}


def _set_level(node: Node) -> Details | None:
    return _level(node.args) if choice(node, "kind") == "VAR_SET_MULTI" else None


def _of_transaction(node: Node) -> Details | None:
    multi = choice(node, "kind") == "VAR_SET_MULTI"
    return {"name": node.name} if multi and node.name in TRANSACTIONS else None


def _reserved(node: Node) -> Details | None:
    name = node.name.lower()
    return {"name": node.name} if name.startswith(OWN_PREFIX) and name not in SETTABLE else None


def _our_own(node: Node) -> Details | None:
    return {"name": node.name} if node.name.startswith("dsql_local.") else None


def _unsettable(node: Node) -> Details | None:
    if choice(node, "kind") not in SETS or node.name.lower() in SETTABLE:
        return None
    return None if node.name.lower() == "role" and node.is_local else {"name": node.name}


def _unsettable_for_role(node: Node) -> Details | None:
    return _unsettable(node.setstmt)


def _no_switch(node: Node) -> Details | None:
    """A value that is neither on nor off; of several PostgreSQL takes none."""
    if node.name.lower() not in SWITCHES or len(node.args) != 1:
        return None
    value = node.args[0].a_const
    text = value.sval.sval if value.HasField("sval") else str(value.ival.ival)
    return None if _is_boolean(text.lower()) else {"name": node.name.lower()}


def _is_boolean(text: str) -> bool:
    """How PostgreSQL reads a Boolean: by its beginning, as far as that tells it from others."""
    if text in {"0", "1", "on", "of", "off"}:
        return True
    return bool(text) and any(word.startswith(text) for word in TRUE_AND_FALSE)


def _unsettable_in_function(elements: Node) -> Details | None:
    """What a function would set whenever it runs."""
    clauses = (each.def_elem for each in elements)
    settings = (each.arg.variable_set_stmt for each in clauses if each.defname == "set")
    return next((found for each in settings if (found := _unsettable(each))), None)


def _savepoint(node: Node) -> Details | None:
    found = UNSUPPORTED_TRANSACTIONS.get(choice(node, "kind"))
    return {"statement": found} if found else None


PARAMETER: Final = 'setting configuration parameter "{name}" not supported'
LEVEL: Final = "Unsupported isolation level: {level}"

RULES = (
    Rule(
        id="setting.isolation",
        since=RECORDED,
        on="variable_set_stmt",
        find=_set_level,
        message=LEVEL,
        evidence=golden("isolation", "set_transaction_serializable"),
        basis="recorded",
        example="SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    ),
    Rule(
        id="setting.transaction",
        since=RECORDED,
        on="variable_set_stmt",
        find=_of_transaction,
        message=PARAMETER,
        evidence=golden("transaction", "read_only"),
        basis="recorded",
        example="SET TRANSACTION READ ONLY",
    ),
    Rule(
        id="setting.reserved",
        since=MEASURED,
        on="variable_set_stmt",
        sqlstate="42602",
        find=_reserved,
        message='invalid configuration parameter name "{name}"',
        detail='"dsql" is a reserved prefix.',
        evidence=PROXY,
        basis="reported",
        example="SET dsql.unknown = 1",
    ),
    Rule(
        id="setting.parameter",
        since=RECORDED,
        on="variable_set_stmt",
        find=_unsettable,
        message=PARAMETER,
        evidence=golden("isolation", "set_default_isolation"),
        basis="recorded",
        example="SET statement_timeout = 1",
    ),
    *(
        Rule(
            id=f"setting.{verb}_unknown",
            since=RECORDED,
            on=f"variable_{verb}_stmt",
            sqlstate="42704",
            find=_our_own,
            message='unrecognized configuration parameter "{name}"',
            evidence=golden("environment", "env_lc_collate"),
            basis="inferred",
            example=example,
        )
        for verb, example in (
            ("set", "RESET dsql_local.rows"),
            ("show", "SHOW dsql_local.rows"),
        )
    ),
    Rule(
        id="setting.switch",
        since=MEASURED,
        on="variable_set_stmt",
        sqlstate="22023",
        find=_no_switch,
        message='parameter "{name}" requires a Boolean value',
        evidence=PROXY,
        basis="reported",
        example="SET dsql.enable_batched_nestloop = banana",
    ),
    Rule(
        id="setting.of_role",
        since=RECORDED,
        on="alter_role_set_stmt",
        find=_unsettable_for_role,
        message=PARAMETER,
        evidence=SET_ROLE,
        basis="inferred",
        example="ALTER ROLE u SET work_mem = '4MB'",
    ),
    Rule(
        id="setting.of_function",
        since=RECORDED,
        on="create_function_stmt",
        find=lambda node: _unsettable_in_function(node.options),
        message=PARAMETER,
        evidence=SET_ROLE,
        basis="inferred",
        example="CREATE FUNCTION f() RETURNS int LANGUAGE sql SET work_mem = '4MB' AS 'SELECT 1'",
    ),
    Rule(
        id="setting.of_altered_function",
        since=RECORDED,
        on="alter_function_stmt",
        find=lambda node: _unsettable_in_function(node.actions),
        message=PARAMETER,
        evidence=SET_ROLE,
        basis="inferred",
        example="ALTER FUNCTION f() SET work_mem = '4MB'",
    ),
    Rule(
        id="transaction.isolation",
        since=RECORDED,
        on="transaction_stmt",
        find=lambda node: _level(node.options),
        message=LEVEL,
        evidence=golden("isolation", "begin_serializable"),
        basis="recorded",
        example="BEGIN ISOLATION LEVEL SERIALIZABLE",
    ),
    Rule(
        id="transaction.savepoint",
        since=RECORDED,
        on="transaction_stmt",
        find=_savepoint,
        message="unsupported transaction statement: {statement}",
        evidence=golden("transaction", "savepoint"),
        basis="recorded",
        example="SAVEPOINT s",
    ),
)
