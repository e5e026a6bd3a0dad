"""``vela plan``: what a deployment would do, step by step, and what it costs.

Law: shows a `Plan`; exits as the doctor does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from rich.text import Text

from vela.cli import screen
from vela.cli.lifecycle import here
from vela.cli.screen import Steps
from vela.local import LocalSettings
from vela.ops.findings import Finding, exit_code
from vela.ops.plan.costs import HOURS, PRICES_OF, CostLine, total
from vela.ops.plan.deploying import plan_deploy
from vela.ops.plan.mending import mended
from vela.ops.plan.steps import Action, Change, Plan, Step
from vela.ops.target import Target

SIGNS: Mapping[Action, tuple[str, str]] = {
    Action.CREATED: ("+", "green"),
    Action.CHANGED: ("~", "yellow"),
    Action.REPLACED: ("±", "magenta"),
    Action.MAY_BE_REPLACED: ("?", "magenta"),
    Action.REMOVED: ("-", "red"),
    Action.RETAINED: ("·", "cyan"),
    Action.IMPORTED: ("<", "cyan"),
}


def plan(
    settings: LocalSettings,
    *,
    target: Target,
    context: Mapping[str, str],
    as_json: bool,
    purge_web_bucket: bool = False,
) -> int:
    """Plan a deployment, show it, and give the exit code."""
    ground = here(settings, target=target, context=context, show=Steps())
    diagnosis, situation = ground.looked()
    planned = plan_deploy(situation, purge_web_bucket=purge_web_bucket)
    findings = unmended(planned, diagnosis.findings)
    code = exit_code(findings)
    if as_json:
        screen.json({**as_document(planned), "exit_code": code, "findings": _told(findings)})
    else:
        if not planned.steps:
            screen.line("  Nothing to do: what is deployed is what is wanted.")
        show(planned)
        show_costs(planned.costs)
        show_findings(findings)
    return code


def unmended(planned: Plan, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give all findings but those that the plan's own first steps deal with."""
    dealt_with = mended(planned)
    ids = {finding.id for finding in planned.findings}
    others = (f for f in findings if f.id not in dealt_with and f.id not in ids)
    return tuple(sorted((*planned.findings, *others), key=lambda f: -f.severity))


def show(planned: Plan, *, aside: bool = False) -> None:
    """Print the steps in their order, with what each changes.

    Args:
        planned: The plan.
        aside: Whether it is no result but what a person is asked about: standard output is then left
            to the result.

    """
    on = screen.err if aside else screen.out
    for number, step in enumerate(planned.steps, 1):
        on.print(Text(f"  {number}. {step.title}", style="bold"))
        for change in step.changes:
            on.print(_change(change))
    for text in planned.stays:
        on.print(Text(f"  stays: {text}", style="cyan"))
    if planned.clearing:
        on.print("  What follows the first steps is planned anew once they are done.")


def show_costs(costs: Iterable[CostLine]) -> None:
    """Print each month's costs by line."""
    lines = tuple(costs)
    screen.line()
    screen.out.print(
        Text(
            f"  About ${total(lines):.2f} a month before use "
            f"(us-east-1, {HOURS} hours, prices of {PRICES_OF})",
            style="bold",
        )
    )
    screen.facts([(line.what, f"${line.usd:.2f}  {line.use}") for line in lines])


def show_findings(findings: Iterable[Finding]) -> None:
    """Print one line a finding."""
    for finding in findings:
        screen.notice(f"{finding.severity.label}: {finding.what}. {finding.fix}.")


def as_document(planned: Plan) -> dict[str, object]:
    """Give a plan as plain JSON types."""
    return {
        "steps": [_step(step) for step in planned.steps],
        "clearing": planned.clearing,
        "stays": list(planned.stays),
        "data_at_risk": [change.logical_id for change in planned.data_at_risk],
        "costs": {
            "prices_of": PRICES_OF,
            "usd_a_month": total(planned.costs),
            "lines": [line.as_json() for line in planned.costs],
        },
    }


def _step(step: Step) -> dict[str, object]:
    fields = {k: v for k, v in asdict(step).items() if k != "changes"}
    return {
        "step": type(step).__name__,
        "title": step.title,
        **fields,
        "changes": [asdict(change) for change in step.changes],
    }


def _told(findings: Iterable[Finding]) -> list[dict[str, object]]:
    return [finding.as_json() for finding in findings]


def _change(change: Change) -> Text:
    sign, colour = SIGNS[change.action]
    style = "bold red" if change.data_at_risk else colour
    text = Text(f"     {sign} {change.action.value:<16}", style=style)
    text.append(f"{change.type.removeprefix('AWS::'):<34}{change.logical_id}", style=style)
    if change.detail:
        text.append(f"  {change.detail}", style="dim")
    if change.data_at_risk:
        text.append("  DATA ARE LOST", style="bold red")
    return text
