"""What a person sees: steps as they happen, a summary, an error as one line.

Law: the only module that prints. Progress goes to standard error, results to standard output, so
that ``--json`` can be piped. What others have said (a path, a name, a service's words) is shown as it
is: nothing in a text is taken for markup, and what the terminal cannot show becomes a question mark.
"""

import io
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vela.errors import VelaError
from vela.local import Running, Status
from vela.ops.health import Summary
from vela.ops.outputs import Outputs
from vela.ops.target import Target
from vela.ops.verify.report import Report
from vela.ops.verify.report import Status as Outcome

#: How each outcome of a check is shown.
OUTCOMES = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.UNKNOWN: ("?", "yellow"),
    Outcome.NOT_APPLICABLE: ("·", "dim"),
}


#: How each target's platform ends.
ENDS = {
    Target.LOCAL: "`make down` stops it",
    Target.AWS: "`.venv/bin/vela destroy --dry-run` shows how it ends",
}


def _console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return Console(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)


out = _console()
err = _console(stderr=True)


class Steps:
    """Shows one line a finished step, with what it is doing meanwhile on a terminal."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[Callable[[str], None]]:
        """Run the block as one step; it is given a function that tells its latest news."""
        started = self._clock()
        with working(doing) as news:
            yield lambda latest: news(Text.assemble(f"{doing} … ", (latest, "dim")))
        took = f"{done:<58}{self._clock() - started:>6.1f} s"
        err.print(Text.assemble("  ", ("✓", "green"), f" {took}"))

    def notice(self, text: str) -> None:
        """Tell what a person has to know or do now."""
        notice(text)


@contextmanager
def working(doing: str) -> Iterator[Callable[[str | Text], None]]:
    """Show on a terminal that the block works; it is given a function that says on what."""
    with err.status(Text(f"{doing} …")) as status:
        yield lambda news: status.update(Text(news) if isinstance(news, str) else news)


def facts(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and values as an aligned table."""
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        line(f"  {name:<{width}}  {value}")


def line(text: str = "") -> None:
    """Print one line of result."""
    out.print(text)


def _health_rows(summary: Summary) -> list[tuple[str, str]]:
    times = f"p50 {summary.p50_ms:g} ms, p95 {summary.p95_ms:g} ms, p99 {summary.p99_ms:g} ms"
    rows = [("Health", f"{summary.ok} of {summary.count} ok, {times}")]
    if version := summary.sample.get("server_version"):
        rows.append(
            (
                "Database",
                f"Aurora DSQL dialect of PostgreSQL {version}, role {summary.sample.get('role')}",
            )
        )
    return rows


def _places(outputs: Outputs) -> list[tuple[str, str]]:
    return [
        ("Website", outputs.website_url),
        *([("Name", f"{outputs.own_url}, served here at that address")] if outputs.own_url else []),
        ("API", f"{outputs.website_url}/api/health"),
        ("Cluster", outputs.cluster_endpoint),
    ]


class Document:
    """The one JSON document of a command that was asked for one.

    Whatever becomes of the command, standard output holds exactly one: what it found, or, where it
    found nothing to tell, its error.
    """

    def __init__(self) -> None:
        self._awaited = False

    def ask(self, asked: bool) -> bool:  # noqa: FBT001 - a callback of Typer's
        """Take note of ``--json``."""
        self._awaited = asked
        return asked

    def give(self, value: Mapping[str, object]) -> None:
        """Print *value*."""
        self._awaited = False
        out.print_json(data=value)

    def fail(self, error: VelaError) -> None:
        """Print *error*, if a document is still awaited."""
        if self._awaited:
            told = {"code": error.code, "what": error.what, "fix": error.fix}
            self.give({"error": {**told, "exit_code": error.exit_code}})


document = Document()


def json(value: Mapping[str, object]) -> None:
    """Print *value* as the one JSON document."""
    document.give(value)


def health(summary: Summary) -> None:
    """Print what N calls of the health-check showed; a single reason is the error's to tell."""
    facts(_health_rows(summary))
    for text, times in summary.failures if len(summary.failures) > 1 else ():
        out.print(Text.assemble("  ", (f"{times} x", "red"), f" {text}"))


def welcome(report: Report, outputs: Outputs, *, logs: Path, page: Path) -> None:
    """Print where the platform is and what to do next."""
    line()
    verified = [("Verified", _counted(report)), ("Report", str(page))]
    facts([*_health_rows(report.health), *verified, *_places(outputs), ("Logs", str(logs))])
    line()
    line(
        f"  Next: open the website; `.venv/bin/vela health --count 100`; {ENDS[Target(report.target)]}."
    )


def verification(report: Report, *, page: Path) -> None:
    """Print one line a check, what differs below it, and the verdict."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_column(overflow="fold")
    for check in report.checks:
        sign, colour = OUTCOMES[check.status]
        table.add_row(Text(f"  {sign}", style=colour), check.title, Text(check.seen, style="dim"))
        for text in check.evidence:
            table.add_row("", "", Text(text, style=colour))
    out.print(table)
    line()
    tone = "red" if report.failed else "green" if report.passed else "yellow"
    counted = (f" ({_counted(report)})", "dim")
    out.print(Text.assemble("  ", (report.verdict, f"bold {tone}"), counted))
    line(f"  Report: {page}")


def _counted(report: Report) -> str:
    told = [f"{n} {outcome.value}" for outcome in Outcome if (n := report.count(outcome))]
    return f"{len(report.checks)} checks: {', '.join(told)}"


def status(found: Status, outputs: Outputs | None, *, logs: Path) -> None:
    """Print whether it runs and where it is found."""
    rows = [("Local cloud", _state(found))]
    if outputs:
        rows += _places(outputs)
    facts([*rows, ("Logs", str(logs))])


def _state(found: Status) -> str:
    match found:
        case Status(running=Running(endpoint_url=url)):
            return url
        case Status(emulator_pid=None, dsql_pid=None):
            return "does not run (`make up`)"
        case Status(emulator_pid=None):
            return "half of it runs: the emulator is gone (`make up` starts it again)"
        case _:
            return "half of it runs: dsql-local is gone (`make up` starts it again)"


def notice(text: str) -> None:
    """Print what the user should know though nothing failed."""
    err.print(Text.assemble("  ", ("!", "yellow"), f" {text}"))


def ask(question: str) -> str:
    """Ask on standard error and read a line; the end of input is an empty one."""
    err.print(question, end="")
    try:
        return input()
    except EOFError:
        return ""


def failure(error: VelaError) -> None:
    """Print what happened and what to do, as one line; with ``--json`` as a document, too."""
    document.fail(error)
    err.print(Text.assemble((f"vela: {error.code}", "red"), f" {error}"))
