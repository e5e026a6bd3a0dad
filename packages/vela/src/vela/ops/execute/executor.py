"""Runs the steps of a plan in their order.

Law: one function a kind of step, all of them in one table. A step that finds its work done does nothing,
so an interrupted run is continued by running the command again.
"""

from collections.abc import Callable, Mapping
from typing import Any

from vela.ops.cdk import Progress
from vela.ops.execute import adoption, domain, ending, stacks
from vela.ops.execute.means import Means
from vela.ops.facts.stacks import BOOTSTRAP_STACK
from vela.ops.plan.steps import (
    AwaitInterfaces,
    AwaitRecord,
    AwaitStack,
    Bootstrap,
    ContinueRollback,
    DeployStack,
    DestroyStack,
    EmptyBucket,
    FindLeftovers,
    LookUpConflicts,
    Reconcile,
    RemoveEmptyStack,
    Step,
    Verify,
)
from vela.ops.refusals import answered


def run(means: Means, steps: tuple[Step, ...]) -> None:
    """Run *steps*, each shown while it runs."""
    for step in steps:
        if isinstance(step, Verify):
            means.verify()  # shows its own steps
            continue
        with answered(means.aws.account), means.show.step(doing(step), done(step)) as news:
            DOERS[type(step)](means, step, news)


def _bootstrap(means: Means, _step: Bootstrap, news: Progress) -> None:
    def bootstrap() -> None:
        means.cdk.bootstrap(means.account, means.region, news)

    stacks.explained(means, BOOTSTRAP_STACK, bootstrap)


def _verify(means: Means, _step: Verify, _news: Progress) -> None:
    means.verify()


#: Who does a step of a kind; a test holds it to the union of all kinds.
DOERS: Mapping[type[Step], Callable[[Means, Any, Progress], None]] = {
    Bootstrap: _bootstrap,
    AwaitStack: stacks.await_stack,
    RemoveEmptyStack: stacks.remove_empty,
    ContinueRollback: stacks.finish_rollback,
    DeployStack: stacks.deploy,
    Reconcile: adoption.reconcile,
    LookUpConflicts: domain.look_up_conflicts,
    AwaitRecord: domain.await_record,
    DestroyStack: stacks.destroy,
    EmptyBucket: ending.empty_bucket,
    AwaitInterfaces: ending.await_interfaces,
    FindLeftovers: ending.find_leftovers,
    Verify: _verify,
}


def doing(step: Step) -> str:
    """Say what is being done."""
    match step:
        case DeployStack(purpose=""):
            return f"deploying {step.stack}"
        case DestroyStack():
            return f"destroying {step.stack}"
        case _:
            return step.title


def done(step: Step) -> str:
    """Say what has been done."""
    match step:
        case Bootstrap():
            return "account bootstrapped"
        case DeployStack(purpose=""):
            return f"{step.stack} deployed"
        case DeployStack():
            return f"{step.stack} deployed: {step.purpose}"
        case DestroyStack():
            return f"{step.stack} destroyed"
        case _:
            return step.title
