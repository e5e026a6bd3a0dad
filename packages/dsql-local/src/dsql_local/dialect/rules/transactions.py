"""What a transaction may hold.

Law: rows without a part of a statement to look at: `dialect.transaction` applies them to what
came before.
"""

from dsql_local.dialect.rule import Rule
from dsql_local.dialect.rules.sources import (
    MEASURED,
    MIGRATE,
    OCTOBER,
    RECORDED,
    SKILL,
    SUPPORTED_SQL,
    golden,
)

ABORTED = Rule(
    id="transaction.aborted",
    since=RECORDED,
    on="transaction",
    sqlstate="25P02",
    message="current transaction is aborted, commands ignored until end of transaction block",
    evidence=golden("transaction", "aborted_txn_prefers_25P02"),
    basis="recorded",
    example="BEGIN; TRUNCATE t; TRUNCATE t",
)
SECOND_DEFINITION = Rule(
    id="transaction.second_ddl",
    since=RECORDED,
    on="transaction",
    message="multiple ddl statements not supported in a transaction",
    evidence=golden("transaction", "two_ddl_one_txn"),
    basis="recorded",
    example="BEGIN; CREATE TABLE a (a int); CREATE TABLE b (a int)",
)
DEFINITION_AND_WRITE = Rule(
    id="transaction.ddl_and_dml",
    since=RECORDED,
    on="transaction",
    message="ddl and dml are not supported in the same transaction",
    evidence=golden("transaction", "ddl_then_dml"),
    basis="recorded",
    example="BEGIN; CREATE TABLE a (a int); INSERT INTO a VALUES (1)",
)
ALONE = Rule(
    id="transaction.analyze",
    since=RECORDED,
    on="transaction",
    sqlstate="25001",
    message="{statement} cannot run inside a transaction block",
    evidence=SUPPORTED_SQL,
    basis="inferred",
    example="BEGIN; ANALYZE",
)
WAIT = Rule(
    id="transaction.wait",
    since=MEASURED,
    on="transaction",
    message="sys.wait_for_job is not supported in a transaction block",
    evidence=MIGRATE,
    basis="inferred",
    example="BEGIN; CALL sys.wait_for_job('x')",
)
ROWS = Rule(
    id="transaction.rows",
    since=RECORDED,
    on="transaction",
    sqlstate="54000",
    limit="transaction_rows",
    find=lambda rows: {"count": rows},
    message="transaction row limit exceeded",
    evidence=golden("transaction", "row_cap"),
    basis="recorded",
    example="INSERT INTO t SELECT generate_series(1, 3001)",
)
BYTES = Rule(
    id="transaction.bytes",
    since=OCTOBER,
    on="transaction",
    sqlstate="54000",
    limit="transaction_bytes",
    find=lambda size: {"count": size, "size": f"{size / 1048576:.2f}"},
    message="transaction size limit 10mb exceeded",
    detail="Current transaction size {size}mb > 10mb",
    evidence=SKILL,
    basis="reported",
    example="COMMIT",
)
AGE = Rule(
    id="transaction.age",
    since=OCTOBER,
    on="transaction",
    sqlstate="54000",
    limit="transaction_age_s",
    find=lambda age: {"count": age},
    message="transaction age limit of {limit}s exceeded",
    detail="Current transaction age {count}s exceeds {limit}s",
    evidence=SKILL,
    basis="reported",
    example="COMMIT",
)

RULES = (ABORTED, SECOND_DEFINITION, DEFINITION_AND_WRITE, ALONE, WAIT, ROWS, BYTES, AGE)
