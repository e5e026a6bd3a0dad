"""A text in, what to do with each of its statements out.

Law: pure, total and deterministic; the same text is judged once. A text with an error of syntax
is one statement, for PostgreSQL to refuse.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from dsql_local.dialect.bodies import body_of
from dsql_local.dialect.gaps import gap_of
from dsql_local.dialect.grammar import Reading, read
from dsql_local.dialect.limits import DEFAULT, Limits
from dsql_local.dialect.nature import job_of, nature_of
from dsql_local.dialect.parse import Node, Parsed, TooDeep, parse, tag_of
from dsql_local.dialect.rewrites import rewritten
from dsql_local.dialect.rule import Rule
from dsql_local.dialect.sites import parts
from dsql_local.dialect.statement import (
    PASS,
    Kind,
    Pass,
    Question,
    Refusal,
    Rewrite,
    Span,
    Statement,
    Verdict,
)
from dsql_local.dialect.table import BY_SITE

log = logging.getLogger(__name__)

# A driver repeats a few hundred texts; long ones are seldom repeated and cost memory.
REMEMBERED: Final = 2048
LONGEST_REMEMBERED: Final = 4096
# PostgreSQL runs what the session submits by a function that looks for itself and the statement in what
# was sent (`pg_dsql_local.sent`): so no client's text has this in it, be it in a string or a comment.
OURS: Final = b"pg_dsql_local.submit_"
NOT_YOURS: Final = Refusal(
    rule="text.internal", sqlstate="3F000", message='schema "pg_dsql_local" does not exist'
)
TOO_DEEP: Final = Refusal(rule="text.depth", sqlstate="54001", message="stack depth limit exceeded")


class Classifier:
    """The rules with one set of limits, and the texts it has seen."""

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self._seen: dict[bytes, tuple[Statement, ...]] = {}

    def classify(self, sql: bytes) -> tuple[Statement, ...]:
        """Judge each statement of a text."""
        if (known := self._seen.get(sql)) is not None:
            return known
        found = tuple(_statements(sql, self.limits))
        if len(sql) <= LONGEST_REMEMBERED:
            self._remember(sql, found)
        return found

    def _remember(self, sql: bytes, found: tuple[Statement, ...]) -> None:
        if len(self._seen) >= REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[sql] = found


def _statements(sql: bytes, limits: Limits) -> Iterator[Statement]:
    if OURS in sql:
        yield _unparsed(sql, NOT_YOURS)
        return
    reading = read(sql)
    match parse(reading.text):
        case None:
            yield _unparsed(sql, PASS if reading.text == sql else Rewrite(sql=reading.text))
        case TooDeep():
            yield _unparsed(sql, TOO_DEEP)
        case found:
            for parsed in found:
                yield _statement(parsed, reading, limits)


def _unparsed(sql: bytes, verdict: Verdict) -> Statement:
    return Statement(span=Span(0, len(sql)), kind=Kind.UNPARSED, name="", verdict=verdict)


def _statement(parsed: Parsed, reading: Reading, limits: Limits) -> Statement:
    span = Span(parsed.start, parsed.end)
    if call := reading.trusts.get(parsed.start):
        return Statement(span=span, kind=Kind.DDL, name="AwsIam", verdict=Rewrite(sql=call))
    asynchronous = parsed.start in reading.asynchronous
    questions, refusal = _judged(parsed, reading.text, limits, asynchronous=asynchronous)
    nature = nature_of(parsed.name, parsed.node)
    if asynchronous:
        nature["job"] = job_of(parsed.name, parsed.node)
    return Statement(
        span=span,
        name=tag_of(parsed.node),
        questions=questions,
        verdict=refusal or _let_through(parsed, reading.text, asynchronous=asynchronous),
        unknown="" if refusal else gap_of(parsed, reading.text),
        **nature,
    )


def _judged(
    parsed: Parsed, text: bytes, limits: Limits, *, asynchronous: bool
) -> tuple[tuple[Question, ...], Refusal | None]:
    """What has to be asked first, and the refusal that is certain otherwise."""
    questions: list[Question] = []
    for found in chain(
        _findings(parsed, text, limits, asynchronous=asynchronous), _of_body(parsed, limits)
    ):
        if isinstance(found, Refusal):
            return tuple(questions), _placed(found, text)
        questions.append(found)
    return tuple(questions), None


def _let_through(parsed: Parsed, text: bytes, *, asynchronous: bool) -> Pass | Rewrite:
    if changed := rewritten(parsed, text):
        return changed
    return Rewrite(sql=text[parsed.start : parsed.end]) if asynchronous else PASS


def _placed(refusal: Refusal, text: bytes) -> Refusal:
    """Count the position in characters, as PostgreSQL does."""
    if refusal.position is None or text.isascii():
        return refusal
    before = text[: refusal.position - 1].decode(errors="replace")
    return replace(refusal, position=len(before) + 1)


def _of_body(parsed: Parsed, limits: Limits) -> Iterator[Refusal | Question]:
    """Judge what a function would run, and what the functions would that it makes."""
    body = body_of(parsed)
    statements = None if body is None else parse(body)
    if body is None or statements is None or isinstance(statements, TooDeep):
        return
    for each in statements:
        for found in chain(
            _findings(each, body, limits, asynchronous=False), _of_body(each, limits)
        ):
            yield replace(found, position=None) if isinstance(found, Refusal) else found


def _findings(
    parsed: Parsed, text: bytes, limits: Limits, *, asynchronous: bool
) -> Iterator[Refusal | Question]:
    for site, node in parts(parsed, text, asynchronous=asynchronous):
        for rule in BY_SITE.get(site, ()):
            if site == "alteration" and asynchronous and rule.id == "alter.validate_constraint":
                continue
            if (found := _found(rule, node, limits)) is not None:
                yield found


def _found(rule: Rule, node: Node, limits: Limits) -> Refusal | Question | None:
    """What a rule says; one that cannot say it refuses, as the statement may be what it is about."""
    try:
        return rule.judge(node, limits)
    except Exception as error:
        log.exception("the dialect rule %s failed", rule.id)
        text = f"the dialect rule {rule.id} failed: {error!r}; this is a fault in dsql-local"
        return Refusal(rule=rule.id, sqlstate="XX000", message=text)
