"""What a person sees: steps as they happen, a summary, an error as one line.

Law: the only module that prints. Progress goes to standard error, results to standard output, so
that ``--json`` can be piped.
"""

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
from vela.ops.verify.report import Report
from vela.ops.verify.report import Status as Outcome

#: How each outcome of a check is shown.
OUTCOMES = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.UNKNOWN: ("?", "yellow"),
    Outcome.NOT_APPLICABLE: ("·", "dim"),
}

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Steps:
    """Shows one line a finished step, with what it is doing meanwhile on a terminal."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[Callable[[str], None]]:
        """Run the block as one step; it is given a function that tells its latest news."""
        started = self._clock()
        with err.status(f"{doing} …") as status:
            yield lambda news: status.update(f"{doing} … [dim]{news}[/dim]")
        err.print(f"  [green]✓[/green] {done:<58}{self._clock() - started:>6.1f} s")

    def notice(self, text: str) -> None:
        """Tell what a person has to know or do now."""
        notice(text)


def facts(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and values as an aligned table."""
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        table.add_row(f"  {name}", value)
    out.print(table)


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
        ("API", f"{outputs.website_url}/api/health"),
        ("Cluster", outputs.cluster_endpoint),
    ]


def json(value: Mapping[str, object]) -> None:
    """Print *value* as one JSON document."""
    out.print_json(data=value)


def health(summary: Summary) -> None:
    """Print what N calls of the health-check showed; a single reason is the error's to tell."""
    facts(_health_rows(summary))
    for text, times in summary.failures if len(summary.failures) > 1 else ():
        out.print(f"  [red]{times} x[/red] {text}")


def welcome(report: Report, outputs: Outputs, *, logs: Path, page: Path) -> None:
    """Print where the platform is and what to do next."""
    line()
    verified = [("Verified", _counted(report)), ("Report", str(page))]
    facts([*_health_rows(report.health), *verified, *_places(outputs), ("Logs", str(logs))])
    line()
    line("  Next: open the website; `.venv/bin/vela health --count 100`; `make down` stops it.")


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
    out.print(f"  [bold {tone}]{report.verdict}[/bold {tone}] [dim]({_counted(report)})[/dim]")
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
    err.print(f"  [yellow]![/yellow] {text}")


def ask(question: str) -> str:
    """Ask on standard error and read a line; the end of input is an empty one."""
    err.print(question, end="")
    try:
        return input()
    except EOFError:
        return ""


def failure(error: VelaError) -> None:
    """Print what happened and what to do, as one line."""
    err.print(f"[red]vela: {error.code}[/red] {error}", markup=True)
