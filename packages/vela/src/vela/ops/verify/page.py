"""A report as one HTML file that needs nothing else: no script, no style, font or picture elsewhere.

Law: pure; everything told by AWS is escaped.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template

from vela.ops.verify.charts import histogram, timeline
from vela.ops.verify.report import Check, Report, Status

FRAME = Path(__file__).with_name("page.html")
SIGNS = {
    Status.PASSED: ("✓", "good"),
    Status.FAILED: ("✗", "bad"),
    Status.UNKNOWN: ("?", "unsure"),
    Status.NOT_APPLICABLE: ("·", "none"),
}


def page(report: Report) -> str:
    """Write the report."""
    health = report.health
    return Template(FRAME.read_text(encoding="utf-8")).substitute(
        verdict=report.verdict,
        tone="bad" if report.failed else "good" if report.passed else "unsure",
        counts=escape(_counts(report)),
        where="".join(_where(report)),
        tiles="".join(_tiles(report)),
        checks="".join(_row(check) for check in report.checks),
        histogram=histogram(report.samples, health),
        timeline=timeline(report.samples, health),
        url=escape(health.url),
        failures="".join(_failures(report)),
    )


def _counts(report: Report) -> str:
    told = (f"{n} {status.value}" for status in Status if (n := report.count(status)))
    return f"{len(report.checks)} checks: {', '.join(told)}"


def _where(report: Report) -> Iterator[str]:
    for name, value in (
        ("Website", report.website),
        ("Account", f"{report.account}, {report.region}"),
        ("Target", report.target),
        ("Verified", f"{report.at:%Y-%m-%d %H:%M:%S} UTC"),
    ):
        yield f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>"


def _tiles(report: Report) -> Iterator[str]:
    health = report.health
    yield _tile(f"{health.success_rate:.1%}", f"{health.ok} of {health.count} calls ok")
    for name, value in (("p50", health.p50_ms), ("p95", health.p95_ms), ("p99", health.p99_ms)):
        yield _tile(f"{value:g}<small> ms</small>", name)


def _tile(value: str, what: str) -> str:
    return f'<div class="tile"><strong>{value}</strong><span>{what}</span></div>'


def _row(check: Check) -> str:
    sign, tone = SIGNS[check.status]
    evidence = "".join(f"<li>{escape(text)}</li>" for text in check.evidence)
    return (
        f'<tr id="{escape(check.id)}"><td class="sign {tone}"><span aria-hidden="true">{sign}</span>'
        f'<span class="word">{check.status.value}</span></td>'
        f'<th scope="row">{escape(check.title)}<span>{escape(check.seen)}</span>'
        f"{f'<ul>{evidence}</ul>' if evidence else ''}</th></tr>"
    )


def _failures(report: Report) -> Iterator[str]:
    if report.health.failures:
        yield "<h3>What the others said</h3><ul>"
        for text, times in report.health.failures:
            yield f"<li>{times} times: {escape(text)}</li>"
        yield "</ul>"
