"""The rules as a page to read.

Law: generated from the tables alone; a rule changes and the page changes with it.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.rule import Rule
from dsql_local.dialect.table import RULES

TOPICS: Final = {
    "statement": "Statements",
    "setting": "Parameters",
    "transaction": "Transactions",
    "table": "Tables",
    "column": "Columns",
    "identity": "Identity columns",
    "sequence": "Sequences",
    "constraint": "Constraints",
    "key": "Keys",
    "index": "Indexes",
    "alter": "ALTER TABLE",
    "domain": "Domains",
    "object": "Dropping, renaming, granting",
    "function": "Functions",
    "view": "Views",
    "statistics": "Statistics",
    "query": "Queries",
    "quota": "Quotas",
}
HEAD: Final = "| Rule | Refused, for example | SQLSTATE | Message | Known | Since | Evidence |"
WIDEST_EXAMPLE: Final = 90
INTRODUCTION: Final = """\
# What dsql-local refuses

Each row is a rule. *Known*: `recorded` texts are answers of a cluster kept as conformance
recordings; `reported` ones stand in documentation or in somebody's protocol; of `inferred` ones
only the refusal is documented, and the text follows the pattern of recorded ones. A rule marked
with \u2020 asks the catalogue first.
"""


def reference(rules: Iterable[Rule] = RULES) -> str:
    """Write the rules as a Markdown page."""
    ordered = sorted(rules, key=_topic_order)
    sections = [
        _section(TOPICS[topic], list(group)) for topic, group in groupby(ordered, key=_topic)
    ]
    return "\n".join([INTRODUCTION, *sections])


def _topic(rule: Rule) -> str:
    return rule.id.split(".", 1)[0]


def _topic_order(rule: Rule) -> int:
    return list(TOPICS).index(_topic(rule))


def _section(title: str, rules: list[Rule]) -> str:
    lines = [f"## {title}\n", HEAD, "|---|---|---|---|---|---|---|", *map(_row, rules)]
    return "\n".join(lines) + "\n"


def _row(rule: Rule) -> str:
    mark = " \u2020" if rule.question else ""
    cells = (
        f"`{rule.id}`{mark}",
        f"`{_shortened(rule.example)}`",
        rule.sqlstate,
        _message(rule),
        rule.basis,
        rule.since.isoformat(),
        _cited(rule.evidence),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _message(rule: Rule) -> str:
    """What the example is answered with, or the template where the catalogue fills it."""
    refusals = [each.refusal for each in Classifier().classify(rule.example.encode())]
    texts = [each.message for each in refusals if each and each.rule == rule.id]
    return (texts or [rule.message])[0] + (f" DETAIL: {rule.detail}" if rule.detail else "")


def _shortened(example: str) -> str:
    return example if len(example) <= WIDEST_EXAMPLE else f"{example[:WIDEST_EXAMPLE]}\u2026"


def _cited(evidence: str) -> str:
    if evidence.startswith("https://"):
        return f"[{evidence.rstrip('/').rsplit('/', 1)[-1].removesuffix('.html')}]({evidence})"
    return evidence
