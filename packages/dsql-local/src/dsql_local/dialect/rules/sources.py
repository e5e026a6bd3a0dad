"""Where the rules are from.

Law: public sources only, one constant each; a rule that one recording shows cites that case as
``golden/<file>#<case>``. The recordings are those of Dreamescaper/dsql-emulator (MIT), taken from
a cluster in September 2026.
"""

from datetime import date
from typing import Final

GUIDE: Final = "https://docs.aws.amazon.com/aurora-dsql/latest/userguide/"
QUOTAS: Final = f"{GUIDE}CHAP_quotas.html"
UNSUPPORTED: Final = f"{GUIDE}working-with-postgresql-compatibility-unsupported-features.html"
SUPPORTED_SQL: Final = f"{GUIDE}working-with-postgresql-compatibility-supported-sql-features.html"
DATA_TYPES: Final = f"{GUIDE}working-with-postgresql-compatibility-supported-data-types.html"
SYSTEM_TABLES: Final = f"{GUIDE}working-with-systems-tables.html"
CREATE_INDEX: Final = f"{GUIDE}create-index-syntax-support.html"
CREATE_TABLE: Final = f"{GUIDE}create-table-syntax-support.html"
ALTER_TABLE: Final = f"{GUIDE}alter-table-syntax-support.html"
ROLES: Final = f"{GUIDE}using-database-and-iam-roles.html"
CONCURRENCY: Final = f"{GUIDE}working-with-concurrency-control.html"

SKILL: Final = (
    "awslabs/agent-plugins: plugins/databases-on-aws/skills/dsql/references/"
    "limits-and-error-codes.md"
)
DIARY: Final = "winebarrel/pistachio: DSQL.md"
PROXY: Final = "ministackorg/ministack: ministack/core/pgproxy.py"
DJANGO: Final = "awslabs/aurora-dsql-django: README.md"
SQLALCHEMY: Final = "awslabs/aurora-dsql-sqlalchemy: tests of sequences and identity columns"
DUMP_PROXY: Final = "awslabs/aurora-dsql-tools: pgdump-proxy/dsql_pgdump_proxy.py"
MIGRATE: Final = "golang-migrate/migrate: database/dsql/dsql.go"
ADVISORY_LOCKS: Final = "https://github.com/golang-migrate/migrate/issues/1289"
BACKEND_PID: Final = "https://github.com/beekeeper-studio/beekeeper-studio/issues/3224"
EXECUTE: Final = "https://github.com/transact-rs/sqlx/issues/4162"
SET_ROLE: Final = "https://github.com/flyway/flyway/issues/4088"

# When the evidence was taken.
EXECUTED: Final = date(2026, 2, 13)
TYPES_RECORDED: Final = date(2026, 9, 15)
RECORDED: Final = date(2026, 9, 18)
SEPTEMBER: Final = date(2026, 9, 24)
OCTOBER: Final = date(2026, 10, 1)
MEASURED: Final = date(2026, 10, 4)
DIARY_KEPT: Final = date(2026, 10, 10)


def golden(group: str, case: str) -> str:
    """Cite a recorded case."""
    return f"golden/{group}.json#{case}"
