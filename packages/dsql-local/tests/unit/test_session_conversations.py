"""The second stage of a session without a database: what goes to PostgreSQL, and when."""

import pytest

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.limits import Limits
from dsql_local.faults import OC000, OC001, Drop, Faults
from dsql_local.session.effects import Close, HoldClient, ToBackend, ToClient, Unknown, WakeAt
from dsql_local.session.relay import PATIENCE, Relay
from dsql_local.session.treatment import MARKER
from dsql_local.wire import extended, messages
from dsql_local.wire.frames import Frame, FrameReader, Scanner, frame
from dsql_local.wire.messages import command_complete, fields_message, fields_of, query

IDLE, BLOCK, FAILED = (frame(b"Z", status) for status in (b"I", b"T", b"E"))
SYNC = frame(b"S", b"")
RUN = extended.bind(b"", b"") + extended.execute(b"")
PARSED, BOUND, CLOSED = (frame(kind, b"") for kind in (b"1", b"2", b"3"))
MARKED = fields_message(
    b"E",
    {
        "S": "ERROR",
        "C": "22P02",
        "M": 'invalid input syntax for type integer: "dsql_local.refused"',
        "P": "8",
    },
)
NOW = 1000.0


class Talk:
    """A session and the two it talks to, each with what it was told."""

    def __init__(self, **limits):
        self.faults = Faults()
        self.relay = Relay(Classifier(Limits(**limits)), self.faults)
        self.effects = []

    def client(self, *sent, now=NOW):
        return self._noted(self.relay.from_client(b"".join(sent), now))

    def backend(self, *sent, now=NOW):
        return self._noted(self.relay.from_backend(b"".join(sent), now))

    def tick(self, now):
        return self._noted(self.relay.tick(now))

    def _noted(self, effects):
        self.effects += effects
        return self

    def take(self, kind):
        """What one side was told since it was last asked."""
        found = b"".join(each.data for each in self.effects if isinstance(each, kind))
        self.effects = [each for each in self.effects if not isinstance(each, kind)]
        return found

    def asked(self):
        """The statements PostgreSQL was sent, and the types of other messages."""
        frames = FrameReader().feed(self.take(ToBackend))
        return [
            (messages.statement_of(each) or b"").decode()
            if chr(each.type) in "QP"
            else chr(each.type)
            for each in frames
            if isinstance(each, Frame)
        ]

    def told(self):
        """What the client heard: errors by message, else the raw message."""
        frames = Scanner(bytes(range(256))).feed(self.take(ToClient))
        return [
            fields_of(each.body)["M"] if each.type == ord("E") else each.raw
            for each in frames
            if isinstance(each, Frame)
        ]


def marker():
    return MARKER.decode()


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        ("SELECT 1", "SELECT 1"),
        ("", ""),
        ("SELECT 'open", "SELECT 'open"),
        ("TRUNCATE t", marker()),
        ("SELECT 1; TRUNCATE t; SELECT 2", f"SELECT 1; {marker()}; SELECT 2"),
        ("SAVEPOINT a; SAVEPOINT b", f"{marker()}; {marker()}"),
        ("SHOW server_version", "SELECT pg_dsql_local.show('server_version') AS server_version"),
        ("CREATE SCHEMA a; CREATE SCHEMA b", None),
        ("BEGIN; INSERT INTO t VALUES (1); DROP TABLE t", None),
    ],
)
def test_a_simple_query_goes_as_it_is_but_for_what_is_refused_or_ours(sent, asked):
    (found,) = Talk().client(query(sent)).asked()

    if asked is None:
        assert found.endswith(marker())
        assert found.count(marker()) == 1
    else:
        assert found == asked


def test_an_error_that_was_brought_about_is_the_refusal_it_stands_for():
    talk = Talk().client(query("SELECT 1; TRUNCATE t"))

    told = talk.backend(command_complete("SELECT 1"), MARKED, IDLE).told()

    assert told == [command_complete("SELECT 1"), "unsupported statement: Truncate", IDLE]


def test_a_failed_block_has_the_last_word_over_a_refusal():
    aborted = fields_message(b"E", {"S": "ERROR", "C": "25P02", "M": "aborted"})
    talk = Talk().client(query("BEGIN")).backend(command_complete("BEGIN"), BLOCK)
    talk.client(query("SELECT 1/0")).backend(aborted, FAILED).told()

    assert talk.client(query("TRUNCATE t")).backend(aborted, FAILED).told() == ["aborted", FAILED]
    assert talk.client(query("ROLLBACK")).asked()[-1] == "ROLLBACK"


def test_what_a_client_sends_ahead_of_an_answer_waits_for_it():
    talk = Talk().client(query("BEGIN"), query("SELECT 1"), query("COMMIT"))

    assert talk.asked() == ["BEGIN"]
    assert talk.backend(command_complete("BEGIN"), BLOCK).asked() == ["SELECT 1"]
    assert talk.backend(command_complete("SELECT 1"), BLOCK).asked() == ["COMMIT"]
    assert talk.backend(command_complete("COMMIT"), IDLE).asked() == []


def test_a_client_far_ahead_is_held_until_it_is_not():
    long = query("SELECT '" + "x" * PATIENCE + "'")
    talk = Talk().client(long, long)

    assert HoldClient(hold=True) in talk.effects
    assert talk.effects[-1] == HoldClient(hold=True)
    assert talk.backend(command_complete("SELECT 1"), IDLE).effects[-1] == HoldClient(hold=False)


def test_a_guard_is_asked_before_the_statement_and_its_answers_are_not_heard():
    talk = Talk().client(extended.parse(b"", b"DROP TABLE t; "), RUN, SYNC)
    assert talk.asked() == ["DROP TABLE t; ", "B", "E", "S"]
    talk.backend(PARSED, BOUND, command_complete("DROP TABLE"), IDLE).told()

    talk.client(extended.parse(b"", b"ALTER TABLE t DROP COLUMN a"), RUN, SYNC)

    parse, bind, *guard, run, sync = talk.asked()
    assert (parse, bind, run, sync) == ("ALTER TABLE t DROP COLUMN a", "B", "E", "S")
    assert [each[:2] for each in guard] == ["C", "C", "DO", "B", "E"]
    answers = [CLOSED, CLOSED, PARSED, BOUND, command_complete("DO")]
    done = command_complete("ALTER TABLE")
    assert talk.backend(PARSED, BOUND, *answers, done, IDLE).told() == [PARSED, BOUND, done, IDLE]


@pytest.mark.parametrize(
    ("statement", "age", "asked"),
    [
        ("COMMIT", 300, "COMMIT"),
        ("COMMIT", 301, f"ROLLBACK;{marker()}"),
        ("SELECT 1", 300, "SELECT 1"),
        ("SELECT 1", 301, marker()),
        ("ROLLBACK", 301, "ROLLBACK"),
    ],
)
def test_a_transaction_is_as_old_as_the_clock_says(statement, age, asked):
    talk = Talk().client(query("BEGIN")).backend(command_complete("BEGIN"), BLOCK)
    talk.asked()

    assert talk.client(query(statement), now=NOW + age).asked() == [asked]


def test_a_commit_that_is_refused_is_a_rollback_nobody_hears_of():
    talk = Talk(transaction_age_s=1).client(query("BEGIN"))
    talk.backend(command_complete("BEGIN"), BLOCK).told()

    talk.client(query("COMMIT"), now=NOW + 2)

    refused = "transaction age limit of 1s exceeded"
    assert talk.backend(command_complete("ROLLBACK"), MARKED, IDLE).told() == [refused, IDLE]


LOST = fields_message(
    b"E",
    {
        "S": "ERROR",
        "C": "40001",
        "M": OC000.message,
        "s": "dsql_local",
        "n": "dsql_local_fault",
        "W": "PL/pgSQL function pg_dsql_local.lose_commit()",
    },
)


def losing(statement):
    """A session that sent a statement after which its transaction is to lose; what was asked."""
    talk = Talk()
    if statement == "COMMIT":
        talk.client(query("BEGIN")).backend(command_complete("BEGIN"), BLOCK).told()
    talk.asked()
    talk.faults.commits.append(OC000)
    return talk, talk.client(query(statement)).asked()[0]


STATEMENTS = ["COMMIT", "INSERT INTO t VALUES (1)", "DROP TABLE t", "SELECT f()"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_commit_loses_on_demand_and_the_next_does_not(statement):
    talk, asked = losing(statement)

    told = talk.backend(command_complete("DO"), LOST, IDLE).told()

    assert asked.startswith("DO ")
    assert asked.endswith(f";{statement}")
    assert told == [OC000.message, IDLE]
    assert not talk.faults.commits
    assert talk.client(query("DROP TABLE t")).asked() == ["DROP TABLE t"]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("ended", [command_complete("X"), MARKED])
def test_a_transaction_that_changed_nothing_or_failed_by_itself_leaves_a_loss_armed(
    statement, ended
):
    talk, _ = losing(statement)

    talk.backend(command_complete("DO"), ended, IDLE)

    assert list(talk.faults.commits) == [OC000]


@pytest.mark.parametrize("block", ["BEGIN", "BEGIN READ ONLY"])
def test_a_statement_finds_the_schema_changed_on_demand_and_the_next_does_not(block):
    talk = Talk().client(query(block)).backend(command_complete("BEGIN"), BLOCK)
    talk.take(ToBackend)
    talk.faults.accesses.append(OC001)

    asked = talk.client(query("SHOW timezone")).backend(command_complete("SHOW"), BLOCK).asked()
    refused = talk.client(query("SELECT 1")).asked()

    assert (asked, refused) == (["SHOW timezone"], [marker()])
    assert talk.backend(MARKED, FAILED).told()[-2:] == [OC001.message, FAILED]
    assert not talk.faults.accesses


def test_a_connection_ends_before_a_commit_on_demand():
    talk = Talk()
    talk.faults.commits.append(Drop.BEFORE)

    talk.client(query("DELETE FROM t"))

    assert talk.effects[-1] == Close()
    assert talk.asked() in ([], [""])


@pytest.mark.parametrize("parts", [True, False])
def test_a_connection_ends_after_a_commit_on_demand(parts):
    talk = Talk()
    talk.faults.commits.append(Drop.AFTER)
    statement = "DELETE FROM t"
    by_parts = extended.parse(b"", statement.encode()) + RUN + SYNC
    talk.client(by_parts if parts else query(statement))

    talk.backend(*[PARSED, BOUND] * parts, command_complete("DELETE 1"), IDLE)

    assert talk.effects[-1] == Close()
    assert command_complete("DELETE 1") not in talk.take(ToClient)


def test_a_statement_is_delayed_on_demand_and_what_follows_waits_for_it():
    talk = Talk()
    talk.faults.delays.append(5.0)

    talk.client(query("SELECT 1"), query("SELECT 2"))

    assert talk.effects == [WakeAt(time=NOW + 5)]
    assert talk.tick(NOW + 4).asked() == []
    assert talk.tick(NOW + 5).asked() == ["SELECT 1"]
    assert talk.backend(command_complete("SELECT 1"), IDLE).asked() == ["SELECT 2"]


def test_a_statement_no_rule_knows_is_sent_and_told():
    unknown = "ALTER INDEX i DEPENDS ON EXTENSION e"

    by_query = Talk().client(query(f"SELECT 1; {unknown}"))
    by_parts = Talk().client(extended.parse(b"", unknown.encode()), RUN, SYNC)

    for talk in (by_query, by_parts):
        told = [each for each in talk.effects if isinstance(each, Unknown)]
        assert told == [Unknown(gap="AlterObjectDepends", sql=unknown.encode())]
        assert unknown in talk.asked()[0]
