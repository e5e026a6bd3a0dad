"""``vela destroy``: show what goes and what stays, then take it down in order.

Law: data go only when that was said in so many words, and confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vela.cli import plan as plan_command
from vela.cli import screen
from vela.cli.deploy import ROUNDS
from vela.cli.lifecycle import Ground, confirm, ground, require_unblocked
from vela.errors import DeployFailed
from vela.local import LocalSettings
from vela.ops.execute.executor import run
from vela.ops.plan.destroying import DestroyOptions, last_look, plan_destroy
from vela.ops.plan.steps import EmptyBucket, Plan
from vela.ops.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyCommand:
    """What the user said."""

    target: Target
    context: Mapping[str, str]
    options: DestroyOptions
    yes: bool = False
    dry_run: bool = False
    as_json: bool = False


def destroy(settings: LocalSettings, command: DestroyCommand) -> None:
    """Take the target down, and look that nothing is left."""
    with ground(
        settings, target=command.target, context=command.context, command="vela destroy"
    ) as at:
        planned = _all_rounds(at, command)
    if command.as_json:
        screen.json(plan_command.as_document(planned))
    elif not planned.steps:
        screen.line("Nothing goes." if planned.stays else "Nothing is deployed.")
    elif not command.dry_run:
        screen.line("Vela is gone." if not planned.stays else "Vela is gone, but for what stays.")


def _all_rounds(at: Ground, command: DestroyCommand) -> Plan:
    shown: Plan | None = None
    for _ in range(ROUNDS):
        diagnosis, situation = at.looked()
        planned = plan_destroy(situation, command.options)
        require_unblocked(planned.findings)
        if shown is None:
            shown = planned
            plan_command.show(planned, aside=command.as_json)
            if command.dry_run:
                return planned
            if planned.steps:
                _confirm(at, planned, yes=command.yes)
        means = at.means(diagnosis.facts.identity.account or "", count=1)
        if not planned.steps:
            run(means, (last_look(situation, command.options),))
            return shown
        run(means, planned.steps[: planned.clearing] if planned.clearing else planned.steps)
        if not planned.clearing:
            return shown
    raise DeployFailed(
        f"the way was cleared {ROUNDS} times, and still something stands in it",
        "Run `vela destroy --dry-run` to see what it is",
    )


def _confirm(at: Ground, planned: Plan, *, yes: bool) -> None:
    lost = [change.detail or change.logical_id for change in planned.data_at_risk]
    buckets = [step.bucket for step in planned.steps if isinstance(step, EmptyBucket)]
    what = f"the data of {', '.join([*lost, *buckets])} will be lost" if lost or buckets else ""
    confirm(what or "the platform will be destroyed", "destroy vela", yes=yes, show=at.show)
