"""A rule is a row: what it matches, the error it gives, and the public evidence for it.

Law: a row is checked before it is used, and a table with a bad row stops the start with the row's
name. A row has one example, and the example is a test.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from string import Formatter
from typing import Final, Literal, get_args

from dsql_local.dialect.limits import Limits
from dsql_local.dialect.parse import Node
from dsql_local.dialect.sql import literal
from dsql_local.dialect.statement import Question, Refusal
from dsql_local.errors import RulesMalformed

# What a rule found: the values of its message. None: it found nothing.
Details = Mapping[str, object]
Finder = Callable[[Node], Details | None]
# "recorded": answers of a cluster kept as a conformance recording. "reported": the text stands in
# documentation or in somebody's protocol. "inferred": that it is refused is documented, its text
# follows the pattern of recorded ones.
Basis = Literal["recorded", "reported", "inferred"]

ID: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")
SQLSTATE: Final = re.compile(r"[0-9A-Z]{5}")
EVIDENCE: Final = re.compile(r"https://\S+|golden/[a-z]+\.json#\w+|[\w.-]+/[\w.-]+: \S.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row.

    *on* names the part of a statement the rule looks at (`dialect.sites`). *limit* names the
    number of `Limits` that the found *count* has to stay below or at. With a *question* the
    refusal holds for each row PostgreSQL gives to it; its columns are values of the message. It is
    *early* if it is not about what the statement would be done to.
    """

    id: str
    since: date
    on: str
    sqlstate: str = "0A000"
    message: str
    detail: str = ""
    evidence: str
    basis: Basis
    example: str
    find: Finder = field(default=lambda _node: {}, repr=False)
    limit: str = ""
    question: str = ""
    early: bool = False

    def judge(self, node: Node, limits: Limits) -> Refusal | Question | None:
        """What the rule says about this part of a statement."""
        details = self.find(node)
        if details is None:
            return None
        if self.limit:
            bound = getattr(limits, self.limit)
            if not self.question and int(str(details["count"])) <= bound:
                return None
            details = {"limit": bound, **details}
        if self.question:
            return self._question(details)
        position = details.get("position")
        return Refusal(
            rule=self.id,
            sqlstate=self.sqlstate,
            message=self.message.format_map(details),
            detail=self.detail.format_map(details) or None,
            position=int(str(position)) if position is not None else None,
        )

    def _question(self, details: Details) -> Question:
        """Let PostgreSQL fill in the message what the statement does not say."""
        columns: list[str] = []
        template = ""
        for text, name, _, _ in Formatter().parse(self.message):
            template += text.replace("%", "%%")
            if name is None:
                continue
            known = name in details
            columns.append(literal(str(details[name])) if known else f"q.{name}::text")
            template += "%s"
        message = f"pg_catalog.format({', '.join([literal(template), *columns])})"
        question = self.question.format_map(details)
        sql = f"SELECT {message} FROM ({question}) AS q"  # noqa: S608 - made of quoted parts
        return Question(rule=self.id, sqlstate=self.sqlstate, sql=sql, early=self.early)


def by_site(rules: Iterable[Rule], sites: Iterable[str]) -> dict[str, tuple[Rule, ...]]:
    """Check the rules and sort them by what they look at, in their order."""
    known = frozenset(sites)
    table: dict[str, tuple[Rule, ...]] = {}
    ids: set[str] = set()
    for rule in rules:
        if problem := _problem(rule, ids, known):
            raise RulesMalformed(
                f"the dialect rule {rule.id!r} {problem}", "mend its row; this is a bug to report"
            )
        ids.add(rule.id)
        table[rule.on] = (*table.get(rule.on, ()), rule)
    return table


def _problem(rule: Rule, ids: set[str], sites: frozenset[str]) -> str | None:
    """What is wrong with a row."""
    checks = (
        (not ID.fullmatch(rule.id), "has an id that is not <topic>.<name>"),
        (rule.id in ids, "has the id of another"),
        (rule.on not in sites, f"looks at {rule.on!r}, which no statement has"),
        (not SQLSTATE.fullmatch(rule.sqlstate), f"has the SQLSTATE {rule.sqlstate!r}"),
        (not rule.message, "has no message"),
        (rule.basis not in get_args(Basis), f"has the basis {rule.basis!r}"),
        (not EVIDENCE.fullmatch(rule.evidence), "has no public evidence"),
        (not rule.example, "has no example"),
        (bool(rule.limit) and not hasattr(Limits, rule.limit), f"has no limit {rule.limit!r}"),
    )
    return next((text for wrong, text in checks if wrong), None)
