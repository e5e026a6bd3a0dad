"""A text that nests too deep is refused before it can end the process."""

import json
import subprocess
import sys

import pytest

from dsql_local.dialect.depth import DEEPEST, too_deep

MANY = 30_000
PROGRAM = """
import json, sys
from dsql_local.dialect.classifier import Classifier
for name, text in json.load(sys.stdin).items():
    (statement,) = Classifier().classify(text.encode())
    print(json.dumps([name, statement.kind.name, getattr(statement.refusal, "sqlstate", None)]))
"""
CHAINS = {
    "additions": "SELECT " + "+".join(["1"] * MANY),
    "named operators": "SELECT " + " OPERATOR(pg_catalog.+) ".join(["1"] * MANY),
    "casts": "SELECT 1" + "::int" * MANY,
    "collations": "SELECT a" + ' COLLATE "C"' * MANY,
    "time zones": "SELECT a" + " AT TIME ZONE b" * MANY,
    "calls with commas": "SELECT " + "+".join(["f(1, 2)"] * MANY),
    "cases": "SELECT " + "+".join(["CASE WHEN a THEN 1 ELSE 2 END"] * MANY),
    "columns named end": "SELECT " + "+".join(["CASE WHEN t.end THEN 1 END"] * MANY),
    "labels named end": "SELECT ((" + "+".join(["(SELECT 1 AS end)"] * MANY) + "))",
    "labels named case": "SELECT " + "+".join(["(SELECT 1 case)"] * MANY),
    "subqueries": "SELECT " + "+".join(["(SELECT a FROM t WHERE b AND c)"] * MANY),
    "subscripts": "SELECT " + "+".join(["a[1, 2]"] * MANY).replace(", ", "+"),
    "unions": " UNION ALL ".join(["SELECT a, b"] * MANY),
    "joins": "SELECT a FROM t" + " JOIN u ON a = b AND c = d" * MANY,
    "strings with quotes": r"SELECT E'\'' || " + " || ".join(["'x'"] * MANY),
}
OF_NO_DEPTH = {
    "rows": "INSERT INTO t VALUES " + ", ".join(["(1 + 1, '2026-01-01', -1)"] * MANY),
    "alternatives": "SELECT a FROM t WHERE " + " OR ".join(["a = 1 AND b < 2"] * MANY),
    "statements": "SELECT 1 + 1; " * MANY,
    "a long string": "SELECT '" + "+-" * MANY + "'",
    "a long comment": "SELECT 1 /* " + "+-" * MANY + "*/",
    "columns": "SELECT " + ", ".join(["CASE WHEN a = 1 THEN b + 1 END"] * MANY),
}
BRACKETS = {
    "parentheses": "SELECT " + "(" * MANY + "1" + ")" * MANY,
    "subqueries in subqueries": "SELECT " + "(SELECT " * MANY + "1" + ")" * MANY,
    "negations": "SELECT " + "NOT " * MANY + "true",
    "cases in cases": "SELECT " + "CASE WHEN a THEN 1 ELSE " * MANY + "1" + " END" * MANY,
}


DEEPEST_READ = "SELECT " + " + ".join(["1"] * (DEEPEST + 1))


@pytest.fixture(scope="module")
def judged():
    """Every text judged by a process of its own, which may not survive one of them."""
    texts = {**CHAINS, **BRACKETS, "the deepest": DEEPEST_READ}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command, input=json.dumps(texts).encode(), capture_output=True, check=False
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"it ended after {found[-1:]}"
    return {name: (kind, sqlstate) for name, kind, sqlstate in found}


@pytest.mark.parametrize("name", CHAINS)
def test_a_long_chain_is_refused_as_postgresql_refuses_it(judged, name):
    assert judged[name] == ("UNPARSED", "54001")


@pytest.mark.parametrize("name", BRACKETS)
def test_brackets_in_brackets_are_left_to_the_parsers_own_bound(judged, name):
    assert judged[name] == ("UNPARSED", None)


@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in OF_NO_DEPTH.items()])
def test_a_long_text_without_depth_is_judged(sql):
    assert not too_deep(sql.encode())


def test_the_deepest_chain_that_is_let_through_can_be_read(judged):
    assert judged["the deepest"] == ("QUERY", None)


def test_one_link_more_is_too_deep():
    assert too_deep(("SELECT " + " + ".join(["1"] * (DEEPEST + 2))).encode())


def test_what_closes_without_having_opened_is_no_concern():
    assert not too_deep(b") END ] 1 + 1 ; " * DEEPEST)


@pytest.mark.parametrize("name", ["unions", "cases", "labels named case"])
def test_a_chain_is_known_before_it_is_parsed(name):
    assert too_deep(CHAINS[name].encode())
