"""What is refused stays out of reach on the ways past the rules of a statement."""

import psycopg
import pytest

from dsql_local.dialect.classifier import Classifier

# The service's own session settings are in UTF8; these let a byte of a letter be a quote's.
CLIENT_ENCODINGS = ["SJIS", "BIG5", "GBK", "UHC", "GB18030", "JOHAB", "SHIFT_JIS_2004"]


def refusal(run, *arguments):
    with pytest.raises(psycopg.Error) as caught:
        run(*arguments)
    return caught.value.sqlstate, caught.value.diag.message_primary


def test_a_refused_function_is_refused_in_text_that_a_function_runs(connection):
    hidden = "SELECT * FROM ts_stat('SELECT to_tsvector(' || 'pg_backend' || '_pid()::text)')"

    assert refusal(connection.execute, hidden) == ("0A000", "function pg_backend_pid not supported")


def test_nobody_may_execute_what_the_rules_refuse_and_everybody_the_rest(connection):
    rules = Classifier()
    functions = connection.execute(
        "SELECT proname, bool_or(has_function_privilege(oid, 'EXECUTE')) FROM pg_proc"
        " WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY 1"
    ).fetchall()

    refused = {
        name for name, _ in functions if rules.classify(f'SELECT "{name}"()'.encode())[0].refusal
    }

    assert {"lo_create", "set_config", "pg_backend_pid", "pg_advisory_xact_lock"} <= refused
    assert refused.isdisjoint(name for name, may in functions if may)


def test_a_large_object_is_no_more_made_in_a_view_than_by_itself(connection):
    for statement in ("SELECT lo_create(0)", "CREATE VIEW v AS SELECT pg_catalog.lo_create(0)"):
        assert refusal(connection.execute, statement) == (
            "0A000",
            "function lo_create not supported",
        )


@pytest.mark.parametrize("encoding", CLIENT_ENCODINGS)
def test_no_session_is_in_an_encoding_that_hides_quotes_in_letters(shared, connection, encoding):
    text = f'invalid value for parameter "client_encoding": "{encoding}"'

    assert refusal(connection.execute, f"SET client_encoding TO '{encoding}'") == ("0A000", text)
    assert refusal(connection.execute, f"SET NAMES '{encoding}'") == ("0A000", text)
    with pytest.raises(psycopg.OperationalError, match=encoding):
        shared.connect(options=f"-c client_encoding={encoding}")
    assert connection.execute("SHOW client_encoding").fetchone() == ("UTF8",)


@pytest.mark.parametrize("encoding", ["LATIN1", "EUC_JP", "WIN1252"])
def test_other_encodings_are_taken(shared, encoding):
    with shared.connect(client_encoding=encoding) as opened:
        assert opened.execute("SELECT 'a' || %s", ["b"]).fetchone() == ("ab",)
