"""``vela rollback``: back to what was deployed before the last deployment.

Law: shows what that changes, and asks where data would be lost; then the same path as a deployment.
Whatever interrupts it, the next run goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from vela.cli import plan as plan_command
from vela.cli import screen
from vela.cli.deploy import ROUNDS, conclude
from vela.cli.lifecycle import Ground, confirm, ground, history, require_unblocked, who
from vela.errors import DeployFailed, NothingBefore
from vela.local import LocalSettings
from vela.ops.aws import Aws
from vela.ops.execute.earlier import go_back
from vela.ops.execute.executor import run
from vela.ops.execute.means import Means
from vela.ops.execute.naming import of_rollback
from vela.ops.facts.facts import Facts
from vela.ops.facts.stacks import BOOTSTRAP_STACK
from vela.ops.facts.unknown import Unknown
from vela.ops.plan.deploying import busy
from vela.ops.plan.history import Undoing, clearing, plan_rollback, undoing
from vela.ops.plan.situation import Situation
from vela.ops.plan.steps import Plan
from vela.ops.plan.stored import Stored, find
from vela.ops.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackCommand:
    """What the user said."""

    target: Target
    context: Mapping[str, str]
    count: int = 100
    yes: bool = False
    dry_run: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way back, and what it is gone with."""

    plan: Plan
    back: Mapping[str, Stored]
    means: Means


def rollback(settings: LocalSettings, command: RollbackCommand) -> None:
    """Take the last deployment's stacks back to what they were before it."""
    with ground(
        settings, target=command.target, context=command.context, command="vela rollback"
    ) as at:
        for _ in range(ROUNDS):
            way = _way(at, count=command.count)
            _show(way.plan, command)
            if command.dry_run:
                return
            _confirm(at, way.plan, yes=command.yes)
            if not way.plan.clearing:
                break
            run(way.means, way.plan.steps)
        else:
            raise DeployFailed(
                f"the way was cleared {ROUNDS} times, and still something stands in it",
                "Run `vela doctor` to see what it is",
            )
        go_back(way.means, way.back)
        verified = at.verified(count=command.count)
    conclude(verified, settings, as_json=command.as_json)


def _way(at: Ground, *, count: int) -> Way:
    diagnosis, situation = at.looked()
    require_unblocked(busy(situation))
    first = clearing(situation)
    undo = undoing(history(diagnosis, situation)) if not first else _UNKNOWN_YET
    naming = of_rollback(situation, undo, who=who(), when=datetime.now(UTC))
    means = at.means(diagnosis.facts.identity.account or "", naming=naming, count=count)
    if first:
        return Way(plan=Plan(steps=first, clearing=len(first)), back={}, means=means)
    for stack in undo.undone:
        at.show.notice(f"{stack} stays: CloudFormation has taken it back itself.")
    return _back(means, diagnosis.facts, situation, undo)


#: While a stack is still changed, what is to be undone is not known, and no stack goes back.
_UNKNOWN_YET = Undoing(deployment=datetime.fromtimestamp(0, UTC), targets={})


def _back(means: Means, facts: Facts, situation: Situation, undo: Undoing) -> Way:
    wanted = frozenset(undo.targets.values())
    stored = find(Aws(means.aws.account), _assets_bucket(facts), wanted)
    planned = plan_rollback(situation, undo, stored)
    back = {stack: stored[target] for stack, target in undo.targets.items()}
    return Way(plan=planned, back=back, means=means)


def _show(planned: Plan, command: RollbackCommand) -> None:
    if command.as_json and command.dry_run:
        screen.json(plan_command.as_document(planned))
    else:
        plan_command.show(planned, aside=command.as_json)


def _confirm(at: Ground, planned: Plan, *, yes: bool) -> None:
    if lost := planned.data_at_risk:
        names = ", ".join(change.detail or change.logical_id for change in lost)
        confirm(f"the data of {names} will be lost", "lose data", yes=yes, show=at.show)


def _assets_bucket(facts: Facts) -> str:
    stacks = {} if isinstance(facts.stacks, Unknown) else facts.stacks
    toolkit = stacks.get(BOOTSTRAP_STACK)
    if toolkit is None or not (bucket := toolkit.outputs.get("BucketName")):
        raise NothingBefore("the account has no assets bucket of CDK's", "Run `vela deploy`")
    return bucket
