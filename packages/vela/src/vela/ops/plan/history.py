"""What a rollback takes back: the last deployment, stack by stack.

Law: no state of Vela's own. CloudFormation names the change set that each stack was changed by last;
its name tells the deployment and the templates it took the stack from and to. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from vela.errors import NothingBefore
from vela.ops.facts.stacks import Stacks
from vela.ops.plan.change_set import NOTHING, ChangeSet, Kind, digest, read
from vela.ops.plan.difference import difference
from vela.ops.plan.situation import STACKS, Condition, Situation
from vela.ops.plan.steps import AwaitStack, ContinueRollback, DeployStack, Plan, Step, Verify
from vela.ops.plan.stored import Stored

FURTHER = "To go back to any other version, check it out and run `vela deploy`"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """How a stack was changed last.

    Attributes:
        changed: When, as CloudFormation says; None where it does not.
        change_set: By which change set of ours; None where it was none.
        deployed: The digest of the template the stack has now.

    """

    changed: datetime | None
    change_set: ChangeSet | None
    deployed: str

    @property
    def undone(self) -> bool:
        """Whether CloudFormation itself took the change back."""
        ours = self.change_set
        return ours is not None and self.deployed == ours.before != ours.after


Changes = Mapping[str, LastChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What takes a deployment back.

    Attributes:
        deployment: When it began.
        targets: The digests of the templates that stacks go back to, dependants first.
        undone: The stacks CloudFormation has taken back itself.

    """

    deployment: datetime
    targets: Mapping[str, str]
    undone: tuple[str, ...] = ()


def last_changes(stacks: Stacks, situation: Situation) -> Changes:
    """Put together what CloudFormation tells of each stack's last change."""
    return {
        name: LastChange(
            changed=stacks[name].changed,
            change_set=read(stacks[name].change_set),
            deployed=digest(situation.template(name)),
        )
        for name in STACKS
        if name in situation.deployed and name in stacks and stacks[name].exists
    }


def newest(changes: Changes) -> ChangeSet | None:
    """Find the change set of ours that was made last."""
    ours = [one.change_set for one in changes.values() if one.change_set is not None]
    return max(ours, key=lambda one: one.when, default=None)


def undoing(changes: Changes) -> Undoing:
    """Decide which stacks go back to which templates, so that the last deployment is undone."""
    last = _last(changes)
    group = {
        stack: changes[stack]
        for stack in reversed(STACKS)
        if stack in changes and _of(changes[stack], last.deployment)
    }
    targets = dict(_targets(group))
    undone = tuple(s for s, one in group.items() if one.undone and s not in targets)
    if targets:
        return Undoing(deployment=last.deployment, targets=targets, undone=undone)
    began = f"the deployment of {last.deployment:%Y-%m-%d %H:%M:%S} UTC"
    if last.kind is Kind.UNDOES:
        raise NothingBefore(f"{began} was taken back already: what is there was before it", FURTHER)
    if undone:
        taken = f"{began} failed, and CloudFormation has taken {' and '.join(undone)} back already"
        raise NothingBefore(f"{taken}: what is there was before it", FURTHER)
    raise NothingBefore(
        f"{began} has left nothing to take back: what is there was before it", FURTHER
    )


def clearing(situation: Situation) -> tuple[Step, ...]:
    """Plan what has to end before a stack can go back."""
    return tuple(
        step for stack in reversed(STACKS) for step in _cleared(stack, situation.condition(stack))
    )


def plan_rollback(situation: Situation, undo: Undoing, stored: Mapping[str, Stored]) -> Plan:
    """Plan the way back.

    Args:
        situation: As it is.
        undo: What is to go back.
        stored: The templates of the assets bucket, by their digests.

    """
    if missing := [stack for stack, target in undo.targets.items() if target not in stored]:
        raise NothingBefore(
            f"the assets bucket does not keep the template that {missing[0]} had before any more",
            FURTHER,
        )
    steps = (
        DeployStack(
            stack=stack,
            changes=difference(situation.template(stack), stored[target].template),
            purpose="back to what was deployed before",
        )
        for stack, target in undo.targets.items()
    )
    return Plan(steps=(*steps, Verify()))


def _last(changes: Changes) -> ChangeSet:
    """Find what was done last; only where Vela did it, what was before is known."""
    if not changes:
        raise NothingBefore("nothing is deployed", "Run `vela deploy`")
    last = newest(changes)
    times = {one.changed: stack for stack, one in changes.items() if one.changed is not None}
    stack = times[max(times)] if times else next(iter(changes))
    if last is None or changes[stack].change_set is None:
        raise NothingBefore(
            f"{stack} was changed last by something that is not Vela, so what was before is not known",
            FURTHER,
        )
    return last


def _of(change: LastChange, deployment: datetime) -> bool:
    return change.change_set is not None and change.change_set.deployment == deployment


def _targets(group: Changes) -> Iterator[tuple[str, str]]:
    for stack, change in group.items():
        if (target := _target(stack, change)) is not None:
            yield stack, target


def _target(stack: str, change: LastChange) -> str | None:
    """Give the digest that *stack* goes back to; None where it is there already."""
    ours = change.change_set
    if ours is None:
        return None
    there, back = ours.ends
    if change.deployed == back:
        return None
    if change.deployed != there:
        raise NothingBefore(
            f"{stack} was changed past Vela since it was deployed: what it has is not what the "
            f"deployment of {ours.deployment:%Y-%m-%d %H:%M:%S} UTC gave it",
            FURTHER,
        )
    if back == NOTHING:
        raise NothingBefore(
            f"the last deployment made {stack}: there is nothing before it to go back to",
            "Mend it and run `vela deploy`, or take it down: `vela destroy`",
        )
    return back


def _cleared(stack: str, condition: Condition) -> Iterator[Step]:
    match condition:
        case Condition.BUSY:
            yield AwaitStack(stack=stack)
        case Condition.ROLLBACK_FAILED:
            yield ContinueRollback(stack=stack)
        case Condition.HALF_DELETED:
            raise NothingBefore(
                f"{stack} is half deleted, so it cannot go back",
                "Run `vela deploy`: it deletes the rest of the stack and makes it anew",
            )
        case Condition.ABSENT | Condition.SETTLED | Condition.EMPTY:
            return
