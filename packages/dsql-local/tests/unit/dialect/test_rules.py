"""A rule is a row with an example, evidence and a line of documentation; a bad row stops the start."""

from dataclasses import replace
from pathlib import Path

import pytest

from dsql_local.dialect import nature
from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.examination import examine
from dsql_local.dialect.limits import Limits
from dsql_local.dialect.parse import STATEMENTS
from dsql_local.dialect.reference import reference
from dsql_local.dialect.rule import by_site
from dsql_local.dialect.sites import SITES
from dsql_local.dialect.statement import Refusal
from dsql_local.dialect.table import BY_SITE, RULES
from dsql_local.errors import RulesMalformed

OF_STATEMENTS = [rule for rule in RULES if rule.on != "transaction"]
PAGE = Path(__file__).parents[5] / "docs" / "reference" / "dialect.md"
GOOD = RULES[0]


def named(rules):
    return [pytest.param(rule, id=rule.id) for rule in rules]


def judged(sql):
    (statement,) = Classifier().classify(sql.encode())
    return statement


def rules_of(statement):
    certain = [statement.verdict] if isinstance(statement.verdict, Refusal) else []
    return [each.rule for each in (*statement.questions, *certain)]


@pytest.mark.parametrize("rule", named(OF_STATEMENTS))
def test_a_rule_refuses_its_example(rule):
    assert rule.id in rules_of(judged(rule.example))


@pytest.mark.parametrize("rule", named(OF_STATEMENTS))
def test_an_example_is_a_statement_that_rules_know(rule):
    assert not judged(rule.example).unknown


@pytest.mark.parametrize("rule", named(rule for rule in OF_STATEMENTS if not rule.question))
def test_the_message_of_an_example_is_whole(rule):
    refusal = judged(rule.example).verdict

    assert refusal.sqlstate == rule.sqlstate
    assert "{" not in refusal.message


@pytest.mark.parametrize("rule", named(RULES))
def test_a_rule_has_evidence_and_a_line_of_documentation(rule):
    assert rule.evidence
    assert f"| `{rule.id}`" in reference()


def test_the_reference_page_is_what_the_tables_say():
    assert PAGE.read_text(encoding="utf-8").endswith(reference())


def test_inferred_texts_are_marked_as_such():
    lines = reference().splitlines()

    for rule in RULES:
        (line,) = [line for line in lines if line.startswith(f"| `{rule.id}`")]
        assert f" | {rule.basis} | " in line


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "truncate"}, "has an id that is not <topic>.<name>"),
        ({"id": RULES[1].id}, "has the id of another"),
        ({"on": "no_such_stmt"}, "looks at 'no_such_stmt', which no statement has"),
        ({"sqlstate": "0A00"}, "has the SQLSTATE '0A00'"),
        ({"message": ""}, "has no message"),
        ({"evidence": ""}, "has no public evidence"),
        ({"evidence": "heard somewhere"}, "has no public evidence"),
        ({"example": ""}, "has no example"),
        ({"basis": "guessed"}, "has the basis 'guessed'"),
        ({"limit": "patience"}, "has no limit 'patience'"),
    ],
)
def test_a_malformed_row_stops_the_start_with_its_name(change, complaint):
    bad = replace(GOOD, **change)

    with pytest.raises(RulesMalformed) as caught:
        by_site([RULES[1], bad], SITES)

    assert caught.value.what == f"the dialect rule {bad.id!r} {complaint}"


def test_rules_of_one_part_keep_their_order():
    first = replace(GOOD, id="topic.first")
    second = replace(GOOD, id="topic.second")

    table = by_site([first, second], SITES)

    assert table[GOOD.on] == (first, second)


def breaking(_node):
    raise LookupError("nobody thought of this")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"message": "unsupported {nothing}"}, "cannot judge its example: .*KeyError"),
        ({"find": breaking}, "cannot judge its example: .*nobody thought of this"),
        ({"example": "SELECT 1"}, "does not refuse its example"),
        ({"example": "VACUUM ((("}, "does not refuse its example"),
    ],
)
def test_a_rule_that_does_not_work_stops_the_start_with_its_name(monkeypatch, change, problem):
    broken = replace(GOOD, **change)
    monkeypatch.setitem(BY_SITE, GOOD.on, (broken,))

    with pytest.raises(RulesMalformed, match=f"{GOOD.id}' {problem}"):
        examine([broken])


def test_all_rules_refuse_their_examples():
    examine(RULES)


def test_a_rule_that_breaks_at_a_statement_refuses_it_by_name(monkeypatch):
    monkeypatch.setitem(BY_SITE, GOOD.on, (replace(GOOD, find=breaking),))

    refusal = judged(GOOD.example).refusal

    assert (refusal.rule, refusal.sqlstate) == (GOOD.id, "XX000")
    assert GOOD.id in refusal.message


def test_every_statement_of_the_grammar_is_ruled_or_known():
    seldom = {
        "alter_object_depends_stmt",
        # Nodes that are no statements by themselves.
        "plassign_stmt",
        "raw_stmt",
        "replica_identity_stmt",
        "return_stmt",
        "set_operation_stmt",
    }
    unknown = {
        name for name in STATEMENTS - set(BY_SITE) if not any(name in kinds for kinds in _kinds())
    }

    assert unknown == seldom


def _kinds():
    return nature.WRITES, nature.QUERIES, nature.UTILITIES, nature.DEFINITIONS


def test_a_limit_is_a_setting():
    few = Classifier(Limits(key_columns=1))

    (statement,) = few.classify(b"CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))")

    assert statement.refusal is not None
    assert statement.refusal.message == "more than 1 column keys in an index are not supported"
