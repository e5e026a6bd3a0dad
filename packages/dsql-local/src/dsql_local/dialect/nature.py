"""What a statement is, apart from whether Aurora DSQL has it.

Law: pure; a kind for every statement of the grammar that may reach PostgreSQL.
"""

from typing import Final, Required, TypedDict

from dsql_local.dialect.parse import Node, choice, inner, inner_name, strings
from dsql_local.dialect.rules.settings import option
from dsql_local.dialect.statement import Job, Kind

WRITES: Final = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
QUERIES: Final = frozenset({"select_stmt"})
UTILITIES: Final = frozenset(
    [
        "variable_set_stmt",
        "variable_show_stmt",
        "call_stmt",
        "constraints_set_stmt",
        "deallocate_stmt",
        "explain_stmt",
        "copy_stmt",
        "vacuum_stmt",
    ]
)
# GRANT and REVOKE are DDL too: https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-concurrency-control.html
DEFINITIONS: Final = frozenset(
    [
        "create_stmt",
        "index_stmt",
        "view_stmt",
        "create_schema_stmt",
        "create_seq_stmt",
        "alter_seq_stmt",
        "create_domain_stmt",
        "alter_domain_stmt",
        "create_function_stmt",
        "alter_function_stmt",
        "alter_table_stmt",
        "drop_stmt",
        "rename_stmt",
        "alter_object_schema_stmt",
        "alter_owner_stmt",
        "comment_stmt",
        "grant_stmt",
        "grant_role_stmt",
        "alter_default_privileges_stmt",
        "create_role_stmt",
        "alter_role_stmt",
        "alter_role_set_stmt",
        "drop_role_stmt",
        "create_stats_stmt",
        "alter_stats_stmt",
    ]
)
TRANSACTIONS: Final = {
    "TRANS_STMT_BEGIN": Kind.BEGIN,
    "TRANS_STMT_START": Kind.BEGIN,
    "TRANS_STMT_COMMIT": Kind.COMMIT,
    "TRANS_STMT_ROLLBACK": Kind.ROLLBACK,
}
WAIT: Final = ["sys", "wait_for_job"]


class Nature(TypedDict, total=False):
    """Fields of a `Statement`."""

    kind: Required[Kind]
    read_only: bool | None
    chain: bool
    alone: bool
    locks: bool
    cost_report: bool
    waits_for_job: bool
    job: Job | None


def nature_of(name: str, node: Node) -> Nature:
    """Tell what a statement is."""
    if name in WRITES:
        return {"kind": Kind.WRITE}
    if name in QUERIES:
        return _of_query(node)
    if name in DEFINITIONS:
        return {"kind": Kind.DDL}
    if name == "transaction_stmt":
        return _of_transaction(node)
    if name in UTILITIES:
        return _of_utility(name, node)
    return {"kind": Kind.UTILITY}


def job_of(name: str, node: Node) -> Job:
    """The work of an ASYNC statement."""
    schema, relation = node.relation.schemaname, node.relation.relname
    if name == "index_stmt":
        index = node.idxname or None
        return Job(type="INDEX_BUILD", schema=schema, relation=relation, name=index)
    constraint = node.cmds[0].alter_table_cmd.name
    return Job(type="VALIDATE_CONSTRAINT", schema=schema, relation=relation, name=constraint)


def _of_query(node: Node) -> Nature:
    locks = bool(node.locking_clause)
    parts = (inner_name(each.common_table_expr.ctequery) for each in node.with_clause.ctes)
    kind = Kind.WRITE if any(part in WRITES for part in parts) else Kind.QUERY
    return {"kind": kind, "locks": locks}


def _of_transaction(node: Node) -> Nature:
    read_only = option(node.options, "transaction_read_only")
    return {
        "kind": TRANSACTIONS.get(choice(node, "kind"), Kind.UTILITY),
        "read_only": None if read_only is None else bool(read_only),
        "chain": node.chain,
    }


def _of_utility(name: str, node: Node) -> Nature:
    match name:
        case "explain_stmt":
            return _of_explain(node)
        case "copy_stmt":
            writes = node.is_from or inner_name(node.query) in WRITES
            return {"kind": Kind.WRITE if writes else Kind.UTILITY}
        case "call_stmt":
            waits = strings(node.funccall.funcname) == WAIT
            return {"kind": Kind.UTILITY, "waits_for_job": waits}
        case "vacuum_stmt":
            return {"kind": Kind.UTILITY, "alone": True}
        case _:
            return {"kind": Kind.UTILITY}


def _of_explain(node: Node) -> Nature:
    if not _switched_on(node, "analyze"):
        return {"kind": Kind.QUERY}
    kind = nature_of(inner_name(node.query), inner(node.query))["kind"]
    return {"kind": kind, "cost_report": _switched_on(node, "verbose") and _as_text(node)}


def _switched_on(node: Node, name: str) -> bool:
    for each in node.options:
        if each.def_elem.defname == name:
            return _truth(each.def_elem.arg)
    return False


def _as_text(node: Node) -> bool:
    options = (each.def_elem for each in node.options)
    formats = (each.arg.string.sval for each in options if each.defname == "format")
    return all(str(name).lower() == "text" for name in formats)


def _truth(argument: Node) -> bool:
    """How PostgreSQL reads the value of an option: none at all is yes."""
    match inner_name(argument):
        case "integer":
            return bool(argument.integer.ival)
        case "string":
            return str(argument.string.sval).lower() not in {"false", "off", "0"}
        case _:
            return True
