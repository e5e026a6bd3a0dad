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

from vela.errors import VelaError
from vela.local import Running
from vela.ops.health import Summary
from vela.ops.outputs import Outputs

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
    """Print what N calls of the health-check showed."""
    facts(_health_rows(summary))
    for text, times in summary.failures:
        out.print(f"  [red]{times} x[/red] {text}")


def welcome(summary: Summary, outputs: Outputs, *, logs: Path) -> None:
    """Print where the platform is and what to do next."""
    line()
    facts([*_health_rows(summary), *_places(outputs), ("Logs", str(logs))])
    line()
    line("  Next: open the website; `.venv/bin/vela health --count 100`; `make down` stops it.")


def status(running: Running | None, outputs: Outputs | None, *, logs: Path) -> None:
    """Print whether it runs and where it is found."""
    rows = [("Local cloud", running.endpoint_url if running else "does not run (`make up`)")]
    if outputs:
        rows += _places(outputs)
    facts([*rows, ("Logs", str(logs))])


def notice(text: str) -> None:
    """Print what the user should know though nothing failed."""
    err.print(f"  [yellow]![/yellow] {text}")


def failure(error: VelaError) -> None:
    """Print what happened and what to do, as one line."""
    err.print(f"[red]vela: {error.code}[/red] {error}", markup=True)
