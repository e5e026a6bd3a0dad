"""Errors this server makes."""

from dsql_local.wire.messages import LONGEST_TEXT, Problem, fields_of

# fe-connect.c: an error before the end of the login is not read when it is longer.
MAX_ERRLEN = 30_000


def test_an_error_is_never_too_long_for_libpq():
    problem = Problem(sqlstate="58000", message="é" * 100_000, hint="ü" * 100_000)

    encoded = problem.encode()

    assert len(encoded) < MAX_ERRLEN
    assert fields_of(encoded[5:])["M"] == "é" * (LONGEST_TEXT - 1) + "…"


def test_an_error_of_usual_length_is_whole():
    text = "x" * LONGEST_TEXT

    assert fields_of(Problem(sqlstate="58000", message=text).encode()[5:])["M"] == text
