"""How the change sets of one command are named.

Law: decided once, from what is deployed before the command changes anything. A deployment that was
interrupted or failed is continued under its own time, and its stacks keep what they had before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vela.ops.plan.change_set import ChangeSet, Kind, digest, version
from vela.ops.plan.history import Changes, LastChange, Undoing, newest
from vela.ops.plan.situation import (
    STACKS,
    Situation,
    Template,
    has_bucket_by_name_alone,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The names of one command's change sets.

    Attributes:
        who: A person at a machine.
        when: When the command began.
        kind: Whether it deploys or takes a deployment back.
        deployment: When that deployment began.
        before: The digests of what each stack goes back to, or, of a rollback, comes from.
        version: What a deployment is to bring.

    """

    who: str
    when: datetime
    kind: Kind
    deployment: datetime
    before: Mapping[str, str]
    version: str = ""

    def name(self, stack: str, template: Template) -> str:
        """Name the change set that gives *stack* this template."""
        return ChangeSet(
            who=self.who,
            when=self.when,
            kind=self.kind,
            deployment=self.deployment,
            before=self.before[stack],
            after=digest(template),
            version=self.version,
        ).name


def of_deployment(situation: Situation, changes: Changes, *, who: str, when: datetime) -> Naming:
    """Name what brings the wanted templates; the same wish again continues its deployment."""
    wish = version(situation.wanted)
    last = newest(changes)
    began = last.deployment if last and _unfinished(last, changes, wish) else when
    return Naming(
        who=who,
        when=when,
        kind=Kind.DEPLOYS,
        deployment=began,
        before={stack: _before(situation, changes.get(stack), stack, began) for stack in STACKS},
        version=wish,
    )


def of_destruction(situation: Situation, *, who: str, when: datetime) -> Naming:
    """Name what takes protection off before stacks are deleted."""
    before = {stack: digest(situation.template(stack)) for stack in STACKS}
    return Naming(
        who=who, when=when, kind=Kind.DEPLOYS, deployment=when, before=before, version=version({})
    )


def of_rollback(situation: Situation, undo: Undoing, *, who: str, when: datetime) -> Naming:
    """Name what takes a deployment back."""
    before = {stack: digest(situation.template(stack)) for stack in STACKS}
    return Naming(who=who, when=when, kind=Kind.UNDOES, deployment=undo.deployment, before=before)


def _unfinished(last: ChangeSet, changes: Changes, wish: str) -> bool:
    """Tell whether the last command was to bring the same, or ended with a stack taken back."""
    failed = (one.undone and _made(one.change_set, last.when) for one in changes.values())
    return last.kind is Kind.DEPLOYS and (last.version == wish or any(failed))


def _before(situation: Situation, change: LastChange | None, stack: str, began: datetime) -> str:
    """Give the digest of what *stack* had before the deployment, not amid it."""
    template = situation.template(stack)
    ours = change.change_set if change else None
    if change is not None and ours is not None and ours.kind is Kind.DEPLOYS:
        amid = has_bucket_by_name_alone(template) and change.deployed == ours.after
        if amid or _deployed_by(change, began):
            return ours.before
    return digest(template)


def _made(ours: ChangeSet | None, when: datetime) -> bool:
    return ours is not None and ours.when == when


def _deployed_by(change: LastChange, deployment: datetime) -> bool:
    ours = change.change_set
    return ours is not None and ours.kind is Kind.DEPLOYS and ours.deployment == deployment
