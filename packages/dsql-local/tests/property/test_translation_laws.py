"""Laws of what is sent in a statement's place: what is not refused or ours stays as it is."""

from hypothesis import given
from hypothesis import strategies as st

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.tokens import statements, tokens
from dsql_local.faults import Faults
from dsql_local.session.translation import Translator
from dsql_local.session.treatment import MARKER
from dsql_local.wire.frames import Frame
from dsql_local.wire.messages import query_of

FOREIGN = [
    b"SELECT 1",
    b"SELECT 'AWS IAM GRANT a TO ''b'''",
    b"SELECT $a$; AWS IAM GRANT a TO 'b';$a$",
    b"/* AWS IAM GRANT a TO 'b'; */ SELECT \"show server_version\"",
    b"SHOW timezone -- ; AWS IAM GRANT a TO 'b'\n",
    b"SELECT E'\\'; AWS IAM GRANT a TO ''b''; '",
    b"",
]
OURS = {b"ShOw server_version": b"SELECT pg_dsql_local.show('server_version') AS server_version"}
REFUSED = [b"TRUNCATE t", b"SAVEPOINT s", b"CREATE TEMP TABLE t (a int)", b"LISTEN c"]

parts = st.lists(st.sampled_from([*FOREIGN, *OURS]), max_size=6)
mixed = st.lists(st.sampled_from([*FOREIGN, *OURS, *REFUSED]), max_size=6)
words = rb"AWS |IAM |GRANT |a |TO |'b'|'|x|$a$|/*|*/|--|;|\|E'|$1|1e5|SHOW server_version".split(
    b"|"
)
soup = st.lists(st.sampled_from([*words, b'"', b'U&"', b"\n", b"\xff"]), max_size=20).map(b"".join)
classifier = Classifier()


def sent(text):
    """The text PostgreSQL gets for a simple query of this text."""
    message = query_of(text)
    out = Translator(classifier, Faults()).translate(Frame(message[0], message), 0.0)
    assert out[:1] == b"Q"
    assert out[-1:] == b"\0"
    return out[5:-1]


@given(parts)
def test_our_statements_are_replaced_where_they_stand_and_no_other_byte_changes(parts):
    expected = b";".join(OURS.get(part, part) for part in parts)

    assert sent(b";".join(parts)) == expected


@given(mixed)
def test_a_refused_statement_is_never_sent_and_all_others_are(parts):
    found = sent(b";".join(parts))

    assert not any(refused in found for refused in REFUSED)
    assert found.count(MARKER) == sum(part in REFUSED for part in parts)
    assert all(part in found for part in parts if part in FOREIGN)


@given(st.one_of(soup, st.binary(max_size=60)))
def test_any_text_is_cut_into_tokens_in_order_and_none_is_empty(sql):
    position = 0
    for token in tokens(sql):
        assert position <= token.start < token.end <= len(sql)
        assert token.text == sql[token.start : token.end]
        position = token.end


@given(soup)
def test_a_text_of_rubbish_keeps_its_number_of_statements(sql):
    assert len(list(statements(sent(sql)))) == len(list(statements(sql)))
