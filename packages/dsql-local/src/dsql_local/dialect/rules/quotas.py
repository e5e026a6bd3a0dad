"""How many objects there may be; checked last, when nothing else keeps a statement back.

Law: the catalogue counts. What is PostgreSQL's or the stand-in's own does not count.
"""

from dsql_local.dialect.parse import Node, inner, inner_name
from dsql_local.dialect.rule import Details, Rule
from dsql_local.dialect.rules.sources import OCTOBER, QUOTAS, RECORDED, SKILL
from dsql_local.dialect.sql import regclass


def _statistics_table(node: Node) -> Details | None:
    tables = [inner(each) for each in node.relations if inner_name(each) == "range_var"]
    return {"relation": regclass(tables[0].schemaname, tables[0].relname)} if tables else None


RULES = (
    Rule(
        id="quota.schemas",
        since=RECORDED,
        on="create_schema_stmt",
        sqlstate="54000",
        limit="schemas",
        question="SELECT 1 FROM pg_namespace WHERE nspname !~ '^pg_'"
        " AND nspname NOT IN ('information_schema', 'public', 'sys')"
        " HAVING count(*) >= {limit}",
        message="more than {limit} schemas not allowed",
        evidence=QUOTAS,
        basis="reported",
        example="CREATE SCHEMA s",
    ),
    Rule(
        id="quota.tables",
        since=RECORDED,
        on="table_as_a_whole",
        sqlstate="54000",
        limit="tables",
        question="SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'"
        " AND n.nspname NOT IN ('information_schema', 'sys')"
        " HAVING count(*) >= {limit}",
        message="creating more than {limit} tables not allowed",
        evidence=QUOTAS,
        basis="reported",
        example="CREATE TABLE t (a int)",
    ),
    Rule(
        id="quota.views",
        since=RECORDED,
        on="view_stmt",
        sqlstate="54000",
        limit="views",
        question="SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'v' AND n.nspname !~ '^pg_'"
        " AND n.nspname NOT IN ('information_schema', 'sys')"
        " HAVING count(*) >= {limit}",
        message="creating more than {limit} views not allowed",
        evidence=QUOTAS,
        basis="reported",
        example="CREATE VIEW v AS SELECT 1",
    ),
    Rule(
        id="quota.sequences",
        since=RECORDED,
        on="create_seq_stmt",
        sqlstate="54000",
        limit="sequences",
        question="SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'S' AND n.nspname NOT IN ('sys', 'pg_dsql_local')"
        " HAVING count(*) >= {limit}",
        message="creating more than {limit} sequences is not allowed",
        evidence=QUOTAS,
        basis="reported",
        example="CREATE SEQUENCE s CACHE 1",
    ),
    Rule(
        id="quota.statistics",
        since=OCTOBER,
        on="create_stats_stmt",
        sqlstate="54000",
        find=_statistics_table,
        limit="statistics",
        question="SELECT 1 FROM pg_statistic_ext WHERE stxrelid = {relation}"
        " HAVING count(*) >= {limit}",
        message="more than {limit} extended statistics per table are not allowed",
        evidence=SKILL,
        basis="reported",
        example="CREATE STATISTICS s ON a, b FROM t",
    ),
)
