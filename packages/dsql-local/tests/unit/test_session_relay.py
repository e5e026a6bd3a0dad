"""Answers that mark themselves."""

import pytest

from dsql_local.dialect.classifier import Classifier
from dsql_local.faults import Faults
from dsql_local.session.effects import Close, ToBackend, ToClient
from dsql_local.session.relay import Relay
from dsql_local.wire.frames import frame
from dsql_local.wire.messages import command_complete, fields_message, query

NOW = 100.0
READY = frame(b"Z", b"I")


def marked(kind, message, **more):
    severity = {b"N": "NOTICE", b"E": "ERROR"}[kind]
    return fields_message(kind, {"S": severity, "M": message, "s": "dsql_local"} | more)


def asked(*statements):
    """A relay that has sent these in one simple query."""
    relay = Relay(Classifier(), Faults())
    relay.from_client(query(";".join(statements)), NOW)
    return relay


def said(relay, *messages):
    effects = relay.from_backend(b"".join(messages), NOW)
    assert all(isinstance(effect, ToClient) for effect in effects)
    return b"".join(effect.data for effect in effects)


def test_a_marked_notice_names_the_next_command_and_is_not_seen():
    found = said(
        asked("SHOW server_version"), marked(b"N", "SHOW"), command_complete("SELECT 1"), READY
    )

    assert found == command_complete("SHOW") + READY


def test_the_command_after_that_keeps_its_own_name():
    second = command_complete("SELECT 1")

    found = said(
        asked("SHOW server_version", "SELECT 1"),
        marked(b"N", "SHOW"),
        command_complete("SELECT 1"),
        second,
    )

    assert found == command_complete("SHOW") + second


def test_a_statement_that_fails_after_its_notice_names_nothing():
    failure = fields_message(b"E", {"S": "ERROR", "M": "no"})

    found = said(asked("SHOW server_version"), marked(b"N", "SHOW"), failure, READY)

    assert found == failure + READY


def test_a_marked_error_tells_nothing_of_where_it_was_raised():
    error = marked(b"E", "no", C="42704", W="PL/pgSQL", F="pl_exec.c", L="1", R="raise", H="fix")

    assert said(asked("SELECT 1"), error) == fields_message(
        b"E", {"S": "ERROR", "C": "42704", "M": "no", "H": "fix"}
    )


@pytest.mark.parametrize("kind", [b"N", b"E"])
def test_other_errors_and_notices_pass_as_they_are(kind):
    message = fields_message(kind, {"S": "X", "M": "dsql_local", "W": "kept", "s": "public"})

    assert said(asked("SELECT 1"), message) == message


@pytest.mark.parametrize("kind", [b"Q", b"P"])
def test_a_statement_is_replaced_in_query_and_parse(kind):
    before, after = (b"name\0", b"\0\0") if kind == b"P" else (b"", b"")
    sent = frame(kind, before + b"SHOW server_version\0" + after)

    (effect,) = Relay(Classifier(), Faults()).from_client(sent, NOW)

    replaced = b"SELECT pg_dsql_local.show('server_version') AS server_version\0"
    assert effect == ToBackend(frame(kind, before + replaced + after))


def test_what_precedes_a_violation_is_sent_and_then_all_ends():
    sent, error, closed = Relay(Classifier(), Faults()).from_client(
        frame(b"S", b"") + b"!\0\0\0\4" + frame(b"S", b""), NOW
    )

    assert sent == ToBackend(frame(b"S", b""))
    assert isinstance(error, ToClient)
    assert b"invalid frontend message type 33" in error.data
    assert closed == Close()
