"""The transaction machine is never out of step with PostgreSQL's own."""

from contextlib import closing

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.transaction import Transaction, message_ended, settled, step

STATUS = {
    psycopg.pq.TransactionStatus.IDLE: b"I",
    psycopg.pq.TransactionStatus.INTRANS: b"T",
    psycopg.pq.TransactionStatus.INERROR: b"E",
}
# What a session sends in the place of a statement that is refused.
REFUSED = "SELECT 1 / 0"
# No error, the one that was sent, and that of a block that has failed already.
FORESEEN = {None, b"22012", b"25P02"}
STATEMENTS = [
    "SELECT 1",
    "BEGIN",
    "START TRANSACTION READ ONLY",
    "COMMIT",
    "COMMIT AND CHAIN",
    "ROLLBACK",
    "ROLLBACK AND CHAIN",
    "SAVEPOINT s",
    "ROLLBACK TO s",
    "TRUNCATE pg_class",
    "SET TRANSACTION READ ONLY",
    "COMMENT ON SCHEMA public IS 'x'",
    "UPDATE pg_catalog.pg_description SET description = 'x' WHERE false",
    "ANALYZE pg_catalog.pg_am",
]
classifier = Classifier()
messages = st.lists(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=4), max_size=8)


@pytest.fixture(scope="module")
def wire(postgres):
    opened = psycopg.connect(host=postgres, dbname="postgres", user="dsql_local", autocommit=True)
    with closing(opened):
        yield opened.pgconn


def sent(transaction, message):
    """What a session makes of one simple query, and what it foresees."""
    out = []
    for text in message:
        (statement,) = classifier.classify(text.encode())
        transaction, refusal = step(transaction, statement, now=0.0)
        out.append(REFUSED if refusal else text)
        if refusal:
            break
    return transaction, ";".join(out)


@settings(max_examples=150, deadline=None)
@given(messages)
def test_after_every_message_the_status_is_postgresqls(wire, said):
    wire.exec_(b"ROLLBACK")
    transaction = Transaction()

    for message in said:
        transaction, text = sent(transaction, message)
        answer = wire.exec_(text.encode())
        status = STATUS[psycopg.pq.TransactionStatus(wire.transaction_status)]
        if answer.error_field(psycopg.pq.DiagnosticField.SQLSTATE) in FORESEEN:
            assert message_ended(transaction).status == status, text
        transaction = settled(transaction, status)
        assert transaction.status == status
