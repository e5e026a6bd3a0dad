"""The gaps of the rules show, each once."""

import pytest

from dsql_local.cli import arguments
from dsql_local.dialect.limits import Limits
from dsql_local.server.unknown import REMEMBERED, SHOWN, UnknownStatements


def noted(caplog, *statements, logged=True):
    unknown = UnknownStatements(logged=logged)
    for statement in statements:
        unknown.note("SELECT of x", statement)
    return unknown.count, [record.args[1] for record in caplog.records]


def test_each_statement_is_counted_and_logged_once(caplog):
    assert noted(caplog, b"SELECT a", b"SELECT b ", b"SELECT b") == (3, ["SELECT a", "SELECT b"])


def test_unless_wanted_statements_are_counted_only(caplog):
    assert noted(caplog, b"SELECT a", logged=False) == (1, [])


def test_of_a_long_statement_the_beginning_is_told(caplog):
    assert noted(caplog, b"x" * 10_000) == (1, ["x" * SHOWN])


def test_a_flood_of_different_statements_ends_in_silence(caplog):
    count, told = noted(caplog, *(b"SELECT %d" % number for number in range(REMEMBERED + 5)))

    assert (count, len(told)) == (REMEMBERED + 5, REMEMBERED)


def test_statements_are_counted_by_what_is_not_known_of_them(caplog):
    unknown = UnknownStatements(logged=False)
    for gap in ["function pg_a", "Vacuum with full", "function pg_a"]:
        unknown.note(gap, b"")

    unknown.sum_up()

    assert unknown.counts == {"function pg_a": 2, "Vacuum with full": 1}
    assert caplog.records[-1].args == ("function pg_a (2), Vacuum with full (1)",)


def test_gaps_are_told_apart_up_to_a_bound():
    unknown = UnknownStatements(logged=False)
    for number in range(REMEMBERED + 5):
        unknown.note(str(number), b"")

    assert (unknown.count, unknown.counts["other"]) == (REMEMBERED + 5, 5)


def test_limits_are_given_by_name():
    given = ["serve", "--limit", "tables=5", "--limit", "transaction_age_s=1", "--log-unknown"]

    parsed = arguments.parse(given)

    assert Limits(**dict(parsed.limits)) == Limits(tables=5, transaction_age_s=1)
    assert parsed.log_unknown


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ("nothing=1", "there is no limit 'nothing', only schemas, tables, "),
        ("tables", "'tables' is not tables=N, N a whole number"),
        ("tables=", "'tables=' is not tables=N"),
        ("tables=x", "'tables=x' is not tables=N"),
        ("tables=-1", "'tables=-1' is not tables=N"),
        ("transaction_age_s=0.5", "'transaction_age_s=0.5' is not transaction_age_s=N"),
    ],
)
def test_what_is_no_limit_is_a_mistake_that_is_explained(limit, why, capsys):
    with pytest.raises(SystemExit):
        arguments.parse(["serve", "--limit", limit])

    assert f"argument --limit: {why}" in capsys.readouterr().err
