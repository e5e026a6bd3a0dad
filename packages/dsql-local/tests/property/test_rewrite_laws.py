"""Laws of rewriting: what is not ours stays as it is."""

from hypothesis import given
from hypothesis import strategies as st

from dsql_local.session.rewrite import rewritten
from dsql_local.session.tokens import statements, tokens

FOREIGN = [
    b"SELECT 1",
    b"SELECT 'AWS IAM GRANT a TO ''b'''",
    b"SELECT $a$; AWS IAM GRANT a TO 'b';$a$",
    b"/* AWS IAM GRANT a TO 'b'; */ SELECT \"show server_version\"",
    b"SHOW timezone -- ; AWS IAM GRANT a TO 'b'\n",
    b"SELECT E'\\'; AWS IAM GRANT a TO ''b''; '",
    b"",
]
OURS = {
    b"AWS IAM GRANT a TO 'b'": b"CALL dsql_local.iam_grant(E'a', E'b')",
    b"aws IAM/* ; */revoke \"A\"\"b\" FROM 'c''d'": b"CALL dsql_local.iam_revoke(E'A\"b', E'c''d')",
    b"ShOw server_version": b"SELECT dsql_local.show('server_version') AS server_version",
}

parts = st.lists(st.sampled_from([*FOREIGN, *OURS]), max_size=6)
words = rb"AWS |IAM |GRANT |a |TO |'b'|'|x|$a$|/*|*/|--|;|\|E'|$1|1e5|SHOW server_version".split(
    b"|"
)
soup = st.lists(st.sampled_from([*words, b'"', b'U&"', b"\n", b"\xff"]), max_size=20).map(b"".join)


@given(parts)
def test_our_statements_are_replaced_where_they_stand_and_no_other_byte_changes(parts):
    expected = b";".join(OURS.get(part, part) for part in parts)

    found = rewritten(b";".join(parts))

    assert (b";".join(parts) if found is None else found) == expected


@given(st.one_of(soup, st.binary(max_size=60)))
def test_any_text_is_cut_into_tokens_in_order_and_none_is_empty(sql):
    position = 0
    for token in tokens(sql):
        assert position <= token.start < token.end <= len(sql)
        assert token.text == sql[token.start : token.end]
        position = token.end


@given(soup)
def test_rewriting_keeps_the_number_of_statements(sql):
    found = rewritten(sql)

    if found is not None:
        assert len(list(statements(found))) == len(list(statements(sql)))
