"""The query that stands for an asynchronous statement.

Law: pure. The statement is handed over as a string; PostgreSQL resolves its names, in the
client's own transaction and with the client's own rights.
"""

from typing import assert_never

from dsql_local.dialect.sql import literal, regclass
from dsql_local.dialect.statement import Job


def submission(job: Job, sql: bytes) -> bytes:
    """What to send instead of an asynchronous statement, whose text without ASYNC is *sql*."""
    table = regclass(job.schema, job.relation)
    match job.type:
        case "INDEX_BUILD":
            call = b"submit_index(" + _literal(sql) + f", {table})".encode(errors="surrogateescape")
        case "VALIDATE_CONSTRAINT":
            names = f"{literal(job.relation)}, {literal(job.name or '')}"
            call = f"submit_validation({table}, {names})".encode(errors="surrogateescape")
        case _:
            assert_never(job.type)
    return b"SELECT job_id FROM pg_dsql_local." + call


def _literal(sql: bytes) -> bytes:
    text = sql.decode(errors="surrogateescape")
    return literal(text).encode(errors="surrogateescape")
