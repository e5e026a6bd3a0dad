"""What a transaction may hold, and where it stands after each statement."""

import pytest

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.limits import Limits
from dsql_local.dialect.statement import Kind
from dsql_local.dialect.transaction import (
    TRANSITIONS,
    Event,
    Phase,
    Transaction,
    failed,
    judge,
    message_ended,
    settled,
    step,
)

CLASSIFIER = Classifier()
CREATE = "CREATE TABLE a (a int)"
INSERT = "INSERT INTO a VALUES (1)"
TWO_DDL = ("0A000", "multiple ddl statements not supported in a transaction")
MIXED = ("0A000", "ddl and dml are not supported in the same transaction")
ABORTED = (
    "25P02",
    "current transaction is aborted, commands ignored until end of transaction block",
)


def answers(*messages, times=None):
    """Send simple queries; what the last statement of each one that ran was answered, and the state."""
    transaction, told = Transaction(), []
    for message, now in zip(messages, times or [0.0] * len(messages), strict=True):
        refusal = None
        for statement in CLASSIFIER.classify(message.encode()):
            transaction, refusal = step(transaction, statement, now=now)
            if refusal:
                break
        transaction = message_ended(transaction)
        told.append((refusal.sqlstate, refusal.message) if refusal else None)
    return told, transaction


def test_every_phase_and_event_has_a_transition():
    assert set(TRANSITIONS) == {(phase, event) for phase in Phase for event in Event}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (["BEGIN", CREATE, CREATE], TWO_DDL),
        (["BEGIN", CREATE, INSERT], MIXED),
        (["BEGIN", INSERT, CREATE], MIXED),
        (["BEGIN", CREATE, "GRANT SELECT ON a TO u"], TWO_DDL),
        (["BEGIN", CREATE, "CREATE INDEX ASYNC ON a (a)"], TWO_DDL),
        (["BEGIN", CREATE, "AWS IAM GRANT a TO 'arn'"], TWO_DDL),
        (["BEGIN", CREATE, "COPY a FROM STDIN"], MIXED),
        (["BEGIN", CREATE, "WITH d AS (DELETE FROM a RETURNING a) SELECT a FROM d"], MIXED),
        (["BEGIN", CREATE, "SELECT 1"], None),
        (["BEGIN", INSERT, INSERT], None),
        (["BEGIN", CREATE, "COMMIT", "BEGIN", CREATE], None),
        ([CREATE, CREATE], None),
        ([f"{CREATE}; {CREATE}"], TWO_DDL),
        ([f"{CREATE}; {INSERT}"], MIXED),
        (["BEGIN; CREATE INDEX ASYNC i ON a (a); COMMIT"], None),
        ([f"BEGIN; {CREATE}; COMMIT; BEGIN; {CREATE}; COMMIT"], None),
        ([f"{CREATE}; BEGIN; {INSERT}"], MIXED),
        ([f"{CREATE}; COMMIT; {INSERT}"], None),
        (["BEGIN; COMMIT AND CHAIN", CREATE, INSERT], MIXED),
        (["BEGIN", "ANALYZE"], ("25001", "ANALYZE cannot run inside a transaction block")),
        (["ANALYZE"], None),
        (["BEGIN", "TRUNCATE a", "SELECT 1"], ABORTED),
        (["BEGIN", "TRUNCATE a", "TRUNCATE a"], ABORTED),
        (["BEGIN", "TRUNCATE a", "BEGIN"], ABORTED),
        (["BEGIN", "TRUNCATE a", "COMMIT"], None),
        (["BEGIN", "TRUNCATE a", "ROLLBACK", "SELECT 1"], None),
        (["TRUNCATE a", "SELECT 1"], None),
        (["BEGIN", CREATE, "TRUNCATE a"], ("0A000", "unsupported statement: Truncate")),
    ],
)
def test_the_last_answer_depends_on_what_came_before(messages, expected):
    told, _ = answers(*messages)

    assert told[-1] == expected


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        (["SELECT 1"], b"I"),
        (["BEGIN"], b"T"),
        (["BEGIN", "BEGIN"], b"T"),
        (["SELECT 1; BEGIN"], b"T"),
        (["BEGIN", "TRUNCATE a"], b"E"),
        (["BEGIN; TRUNCATE a"], b"E"),
        (["TRUNCATE a"], b"I"),
        (["BEGIN", "TRUNCATE a", "ROLLBACK"], b"I"),
        (["BEGIN", "TRUNCATE a", "COMMIT"], b"I"),
        (["BEGIN", "COMMIT AND CHAIN"], b"T"),
        (["BEGIN", "TRUNCATE a", "ROLLBACK AND CHAIN"], b"T"),
        (["BEGIN ISOLATION LEVEL SERIALIZABLE"], b"I"),
        (["BEGIN", "SET TRANSACTION READ ONLY"], b"E"),
    ],
)
def test_the_status_is_that_of_ready_for_query(messages, status):
    _, transaction = answers(*messages)

    assert transaction.status == status


def test_a_transaction_of_300_seconds_may_commit_and_one_of_301_may_not():
    in_time, _ = answers("BEGIN", "COMMIT", times=[0.0, 300.0])
    too_late, transaction = answers("BEGIN", "COMMIT", times=[0.0, 301.0])

    assert in_time == [None, None]
    assert too_late == [None, ("54000", "transaction age limit of 300s exceeded")]
    assert transaction.status == b"I"


def test_the_age_is_told_in_the_detail():
    (commit,) = CLASSIFIER.classify(b"COMMIT")

    refusal = judge(Transaction(phase=Phase.BLOCK, began=10.0), commit, now=322.5)

    assert refusal is not None
    assert refusal.detail == "Current transaction age 312s exceeds 300s"


def test_an_old_transaction_may_always_be_rolled_back():
    told, transaction = answers("BEGIN", "ROLLBACK", times=[0.0, 1000.0])

    assert told == [None, None]
    assert transaction == Transaction()


def test_age_counts_from_the_chain():
    told, _ = answers("BEGIN", "COMMIT AND CHAIN", "COMMIT", times=[0.0, 200.0, 400.0])

    assert told == [None, None, None]


def test_age_is_a_setting():
    (begin,), (commit,) = CLASSIFIER.classify(b"BEGIN"), CLASSIFIER.classify(b"COMMIT")
    limits = Limits(transaction_age_s=5)
    block, _ = step(Transaction(), begin, now=0.0, limits=limits)

    assert judge(block, commit, now=5.9, limits=limits) is None
    assert judge(block, commit, now=6.0, limits=limits) is not None


@pytest.mark.parametrize(
    "messages", [["BEGIN", "CALL sys.wait_for_job('x')"], ["SELECT 1; CALL sys.wait_for_job('x')"]]
)
def test_nobody_waits_for_a_job_in_a_transaction(messages):
    told, _ = answers(*messages)

    assert told[-1] == ("0A000", "sys.wait_for_job is not supported in a transaction block")


def test_a_job_is_waited_for_by_itself():
    assert answers("CALL sys.wait_for_job('x')")[0] == [None]


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("status", [b"I", b"T", b"E"])
def test_what_postgresql_says_is_so(phase, status):
    assert settled(Transaction(phase=phase), status).status == status


def test_a_block_that_is_as_foreseen_keeps_what_counts():
    block = Transaction(phase=Phase.BLOCK, defined=True)

    assert settled(block, b"T") == block


def test_a_commit_that_fails_ends_the_transaction():
    assert failed(Transaction(phase=Phase.BLOCK), at=Kind.COMMIT) == Transaction()
