"""``vela doctor``: what stands in the way of a deployment, on one screen.

Law: asks ``ops.doctor`` and shows what it answers; exits with its exit code.
"""

import time
from collections import Counter
from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vela.cli import screen
from vela.cli.surroundings import Surroundings
from vela.local import LocalSettings
from vela.ops.doctor import Diagnosis, diagnose
from vela.ops.findings import Finding, Severity
from vela.ops.target import Target

COLOURS = {Severity.BLOCKED: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
SIGNS = {Severity.BLOCKED: "✗", Severity.WARNING: "!", Severity.INFO: "i"}


def doctor(
    settings: LocalSettings,
    *,
    target: Target,
    context: Mapping[str, str],
    drift: bool,
    as_json: bool,
) -> int:
    """Look at everything, show it, and give the exit code."""
    started = time.monotonic()
    surroundings = Surroundings.of(settings, target=target, context=context)
    with screen.working("looking at the account") as news:
        inquiry = surroundings.inquiry(news, detect_drift=drift)
        diagnosis = diagnose(surroundings.aws, inquiry)
    if as_json:
        screen.json(diagnosis.as_json())
    else:
        screen.out.print(show(diagnosis, seconds=time.monotonic() - started))
    return diagnosis.exit_code


def show(diagnosis: Diagnosis, *, seconds: float) -> Group:
    """Give one block a finding, the gravest first, then what is right, then the verdict."""
    blocks: list[RenderableType] = []
    for finding in diagnosis.findings:
        blocks += [_heading(finding), Padding(_reasons(finding), (0, 0, 1, 4))]
    if diagnosis.right:
        blocks += [Text("  Looked at and found right", style="bold"), _right(diagnosis), Text()]
    return Group(*blocks, _verdict(diagnosis, seconds=seconds))


def _right(diagnosis: Diagnosis) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for subject, seen in diagnosis.right:
        table.add_row(Text("  ✓", style="green"), Text(subject.value), Text(seen, style="dim"))
    return table


def _heading(finding: Finding) -> Table:
    colour = f"bold {COLOURS[finding.severity]}"
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(
        Text(f"  {SIGNS[finding.severity]} {finding.severity.label:<7}", style=colour),
        Text.assemble((finding.what, "bold"), (f"  {finding.id}", "dim")),
    )
    return table


def _reasons(finding: Finding) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("why", Text(f"{finding.why}."))
    table.add_row("do", Text(f"{finding.fix}."))
    return table


def _verdict(diagnosis: Diagnosis, *, seconds: float) -> Text:
    count = Counter(finding.severity for finding in diagnosis.findings)
    blocked, warnings = count[Severity.BLOCKED], count[Severity.WARNING]
    took = f" ({_number(diagnosis.calls, 'read-only call')}, {seconds:.1f} s)"
    if blocked:
        said = (f"  Blocked by {_number(blocked, 'finding')}", "bold red")
    elif warnings:
        said = (f"  Can be deployed, with {_number(warnings, 'warning')}", "bold yellow")
    else:
        said = ("  Nothing stands in the way", "bold green")
    return Text.assemble(said, (took, "dim"))


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("s" if count > 1 else "")
