"""The rules' own examples, judged before the first statement of a client.

Law: a rule that does not refuse its example, or not with a whole text, stops the start with its name.
"""

from collections.abc import Iterable

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.rule import Rule
from dsql_local.dialect.statement import Refusal
from dsql_local.errors import RulesMalformed

# What is refused for where it stands is not refused by itself.
ELSEWHERE = "transaction"


def examine(rules: Iterable[Rule]) -> None:
    """Judge the example of each of *rules*."""
    classifier = Classifier()
    for rule in rules:
        if rule.on != ELSEWHERE and (problem := _problem(rule, classifier)):
            raise RulesMalformed(
                f"the dialect rule {rule.id!r} {problem}", "mend its row; this is a bug to report"
            )


def _problem(rule: Rule, classifier: Classifier) -> str | None:
    found: list[str | Refusal] = []
    for statement in classifier.classify(rule.example.encode()):
        found += [question.rule for question in statement.questions]
        found += [statement.refusal] if statement.refusal else []
    for each in found:
        if each == rule.id:
            return None
        if isinstance(each, Refusal) and each.rule == rule.id:
            same = each.sqlstate == rule.sqlstate
            return None if same else f"cannot judge its example: {each.message}"
    return "does not refuse its example"
