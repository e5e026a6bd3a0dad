"""Laws of the dialect, for any text."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.statement import Refusal, Statement
from dsql_local.dialect.table import RULES
from dsql_local.dialect.tokens import Kind as TokenKind
from dsql_local.dialect.tokens import tokens
from dsql_local.dialect.transaction import Phase, Transaction, message_ended, step

EXAMPLES = [rule.example for rule in RULES if rule.on != "transaction"]
ALLOWED = [
    "SELECT 1",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "BEGIN READ ONLY",
    "COMMIT AND CHAIN",
    "INSERT INTO t VALUES ('; TRUNCATE t')",
    "UPDATE t SET a = $$;$$",
    "DROP TABLE t",
    "ANALYZE",
    "CREATE INDEX ASYNC i ON t (a)",
    "AWS IAM GRANT a TO 'arn'",
    "SET search_path TO a",
]
PIECES = [*"\"';()$,.*=:", "$$", "E'", 'U&"', "--", "/*", "*/", "\n", "\\", "\x00", "é", "\udc80"]
WORDS = ["select", "create", "index", "async", "aws", "iam", "grant", "to", "table", "alter", "t"]

texts = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([*PIECES, *WORDS, *EXAMPLES, " "]), max_size=8).map(
        lambda parts: " ".join(parts).encode(errors="surrogateescape")
    ),
)
fillers = st.sampled_from([" ", "\n", "\t ", "/* x */", "/* ; /* ' */ */", "-- it's; x\n"])
statement_texts = st.sampled_from([*EXAMPLES, *ALLOWED])


@settings(deadline=None)
@given(texts)
def test_any_text_is_judged_without_an_exception(sql):
    for statement in Classifier().classify(sql):
        assert isinstance(statement, Statement)


@settings(deadline=None)
@given(texts)
def test_spans_are_in_order_and_between_them_are_semicolons_only(sql):
    done = 0
    for statement in Classifier().classify(sql):
        assert done <= statement.span.start < statement.span.end <= len(sql)
        assert gap_is_empty(sql[done : statement.span.start])
        done = statement.span.end
    assert gap_is_empty(sql[done:])


def gap_is_empty(gap):
    return all(token.kind is TokenKind.SEMICOLON for token in tokens(gap))


@settings(deadline=None)
@given(st.lists(statement_texts, min_size=1, max_size=5), fillers)
def test_a_text_of_many_statements_is_judged_as_each_alone(many, filler):
    together = Classifier().classify(f"{filler};".join(many).encode())
    alone = [Classifier().classify(each.encode())[0] for each in many]

    assert [meaning(each) for each in together] == [meaning(each) for each in alone]


def meaning(statement):
    refusal = statement.verdict if isinstance(statement.verdict, Refusal) else None
    return (
        statement.kind,
        statement.name,
        statement.unknown,
        statement.questions,
        (refusal.rule, refusal.message) if refusal else None,
    )


@settings(deadline=None)
@given(st.sampled_from(EXAMPLES), st.data())
def test_space_comments_and_case_change_nothing(example, data):
    plain = Classifier().classify(example.encode())
    dressed = "".join(data.draw(fillers) + recased(token, data) for token in pieces_of(example))

    assert [meaning(each) for each in Classifier().classify(dressed.encode())] == [
        meaning(each) for each in plain
    ]


def pieces_of(sql):
    return [token.text.decode() for token in tokens(sql.encode())]


def recased(token, data):
    """A word in another case; what is quoted, and operators cut in two, stay."""
    if re.fullmatch(r"[A-Za-z_]+", token):
        return data.draw(st.sampled_from([token.lower(), token.upper(), token.title()]))
    return token


@settings(deadline=None)
@given(st.lists(st.lists(statement_texts, min_size=1, max_size=3), max_size=6))
def test_no_sequence_of_statements_leaves_the_transaction_in_doubt(messages):
    transaction, classifier = Transaction(), Classifier()

    for message in messages:
        for statement in classifier.classify(";".join(message).encode()):
            before = transaction
            transaction, refusal = step(transaction, statement, now=0.0)
            if refusal:
                assert transaction.phase in {Phase.NONE, Phase.FAILED}
                break
            assert not (transaction.defined and transaction.wrote)
            assert before.phase is not Phase.FAILED or transaction.phase is not Phase.FAILED
        transaction = message_ended(transaction)
        assert transaction.phase is not Phase.IMPLICIT
        assert (transaction.status == b"I") == (transaction == Transaction())
