"""SQL is cut as PostgreSQL cuts it."""

import pytest

from dsql_local.dialect.tokens import Kind, statements, tokens


def texts(sql):
    return [token.text for token in tokens(sql)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (b"SELECT 'it''s; x'", [b"SELECT", b"'it''s; x'"]),
        (rb"SELECT E'\'; '", [b"SELECT", rb"E'\'; '"]),
        (b'SELECT "a;""b"', [b"SELECT", b'"a;""b"']),
        (b"DO $x$ ; $$ ; $x$", [b"DO", b"$x$ ; $$ ; $x$"]),
        (b"SELECT $1;", [b"SELECT", b"$1", b";"]),
        (b"a /* /* ; */ ; */ b -- ; c\nd", [b"a", b"b", b"d"]),
        (b"U&\"d\\0061t\" B'1' 1e5", [b'U&"d\\0061t"', b"B'1'", b"1e5"]),
    ],
)
def test_what_is_quoted_is_one_token(sql, expected):
    assert texts(sql) == expected


@pytest.mark.parametrize("sql", [b"SELECT $$ never ends", b"SELECT /* never ends", b"SELECT 'no"])
def test_what_does_not_end_takes_the_rest(sql):
    assert texts(sql)[:1] == [b"SELECT"]
    assert all(token.end <= len(sql) for token in tokens(sql))


def test_statements_are_cut_at_semicolons():
    found = [[token.text for token in each] for each in statements(b";a b;;c;")]

    assert found == [[b"a", b"b"], [b"c"]]


def test_keywords_are_words_in_any_case_and_no_strings():
    word, string = tokens(b"Async 'async'")

    assert word.is_word(b"async")
    assert string.kind is Kind.STRING
    assert not string.is_word(b"'async'")
