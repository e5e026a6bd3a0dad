"""Stacks that CloudFormation would not let be deployed as they are, each with its way out.

Law: pure; a status is a row.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from vela.ops.checks.check import Check, Subject, Told, present
from vela.ops.facts.facts import Facts
from vela.ops.facts.stacks import StackFact
from vela.ops.findings import Severity


class Stuck(NamedTuple):
    """One status that is in the way."""

    status: str
    severity: Severity
    why: str
    fix: str


STUCK = (
    Stuck(
        "REVIEW_IN_PROGRESS",
        Severity.WARNING,
        "A first deployment ended before it made anything, often by a failed validation; the empty "
        "stack holds the name",
        "`vela deploy` deploys over it; to be rid of it: `aws cloudformation delete-stack "
        "--stack-name {name}`",
    ),
    Stuck(
        "ROLLBACK_COMPLETE",
        Severity.WARNING,
        "A first deployment failed and was taken back; such a stack can only be deleted",
        "`vela deploy` deletes and makes it anew; what failed then is in its events",
    ),
    Stuck(
        "ROLLBACK_FAILED",
        Severity.BLOCKED,
        "A first deployment failed, and something it had made refused to be deleted",
        "Mend what the reason names; `vela deploy` then deletes it and makes it anew, if no data go "
        "with it; `aws cloudformation delete-stack --stack-name {name} --deletion-mode "
        "FORCE_DELETE_STACK` keeps what refuses",
    ),
    Stuck(
        "CREATE_FAILED",
        Severity.BLOCKED,
        "A first deployment failed with rollback switched off; such a stack can only be deleted",
        "`vela deploy` deletes it and makes it anew, if no data go with it; else see what it holds, "
        "then `npx cdk destroy {name}`",
    ),
    Stuck(
        "UPDATE_FAILED",
        Severity.BLOCKED,
        "An update failed with rollback switched off",
        "`vela deploy` takes it back first, as `npx cdk rollback {name}` does",
    ),
    Stuck(
        "UPDATE_ROLLBACK_FAILED",
        Severity.BLOCKED,
        "An update failed, and taking it back failed too; CloudFormation refuses every change until "
        "that is finished",
        "Mend what the reason names; `vela deploy` then finishes it first. To leave a resource as it "
        "is: `npx cdk rollback {name} --orphan <logical id>`",
    ),
    Stuck(
        "DELETE_FAILED",
        Severity.BLOCKED,
        "Its deletion stopped half-way: some of its resources are gone, others refused",
        "`vela deploy` finishes the deletion first, if no data go with it; else `vela destroy` says "
        "what would go (network interfaces of functions take up to 20 minutes)",
    ),
    Stuck(
        "IMPORT_ROLLBACK_FAILED",
        Severity.BLOCKED,
        "Taking existing resources in failed, and so did leaving them out again; CloudFormation "
        "continues the failed rollback of an update only",
        "`vela deploy` deletes it and makes it anew, if no data go with it; else ask AWS Support to "
        "bring {name} into a status that takes changes",
    ),
)


def stuck(facts: Facts, *, row: Stuck) -> Iterator[Told]:
    """Find stacks of one status."""
    for stack in (present(facts.stacks) or {}).values():
        if stack.status == row.status:
            yield Told(_what(stack), row.fix.format(name=stack.name))


def busy(facts: Facts) -> Iterator[Told]:
    """Find stacks that somebody is changing."""
    for stack in (present(facts.stacks) or {}).values():
        if stack.busy:
            yield Told(
                f"{stack.name} is being changed ({stack.status}){_since(stack)}",
                f"Wait for it: `aws cloudformation describe-events --stack-name {stack.name}` shows "
                "how far it is; one that hangs is stopped by `aws cloudformation "
                f"cancel-update-stack --stack-name {stack.name}`",
            )


def _what(stack: StackFact) -> str:
    failed = [name for name, r in stack.resources.items() if r.status.endswith("_FAILED")]
    reason = f": {stack.status_reason}" if stack.status_reason else ""
    named = f" (failed: {', '.join(failed)})" if failed else ""
    return f"{stack.name} is in {stack.status}{named}{reason}"


def _since(stack: StackFact) -> str:
    return f" since {stack.changed:%H:%M:%S} UTC" if stack.changed else ""


CHECKS = (
    *(
        Check(
            id=f"stack-{row.status.lower().replace('_', '-')}",
            subject=Subject.STACKS,
            severity=row.severity,
            when=f"a stack is in `{row.status}`",
            why=row.why,
            find=partial(stuck, row=row),
        )
        for row in STUCK
    ),
    Check(
        id="stack-busy",
        subject=Subject.STACKS,
        severity=Severity.BLOCKED,
        when="an operation runs on a stack",
        why="CloudFormation takes one operation a stack at a time; a second deployment is refused",
        find=busy,
    ),
)
