"""The steps that change stacks.

Law: stacks are changed by the CDK CLI; only a stack that holds nothing is deleted past it. What
failed is told by its event.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from vela.errors import DeployFailed, DomainHeld, StackBusy, VelaError
from vela.ops.cdk import Cdk, Progress
from vela.ops.execute.failure import Explanation, explain, failed_events
from vela.ops.execute.holder import holder
from vela.ops.execute.means import Means
from vela.ops.plan.situation import Condition, condition_of
from vela.ops.plan.steps import (
    AwaitStack,
    ContinueRollback,
    DeployStack,
    DestroyStack,
    RemoveEmptyStack,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

#: Between two looks at a stack that changes.
LOOK_S = 3.0


def deploy(means: Means, step: DeployStack, news: Progress, *, synthesise: bool = True) -> None:
    """Deploy one stack; where CloudFront may still see an old DNS answer, try again for a while."""
    cdk = means.cdk.told(step.context)
    if synthesise:
        cdk.synth(news)
    if not step.retry_dns:
        _deploy_once(means, step, cdk, news)
        return
    until = means.clock() + means.patience.alias_s
    while True:
        try:
            _deploy_once(means, step, cdk, news)
        except DomainHeld:
            if means.clock() >= until:
                raise
            news("CloudFront still sees the old DNS answer")
            means.sleep(means.patience.pause_s)
        else:
            return


def _deploy_once(means: Means, step: DeployStack, cdk: Cdk, news: Progress) -> None:
    options = list(means.method(by_change_set=step.import_existing))
    if step.import_existing:
        options.append("--import-existing-resources")
    explained(means, step.stack, lambda: cdk.deploy(step.stack, news, arguments=options))


def bring_in_line(means: Means, stack: str, news: Progress) -> None:
    """Deploy one stack so that what drifted goes back to its template."""
    options = (*means.method(by_change_set=True), "--revert-drift")
    explained(means, stack, lambda: means.cdk.deploy(stack, news, arguments=options))


def destroy(means: Means, step: DestroyStack, news: Progress) -> None:
    """Delete one stack."""
    means.cdk.synth(news)
    explained(means, step.stack, lambda: means.cdk.destroy(step.stack, news))
    found = find(means, step.stack)
    if found is not None:
        status = found["StackStatus"]
        raise DeployFailed(
            f"{step.stack} is still there ({status}): {found.get('StackStatusReason', '')}",
            "Mend the cause, then run the same command: it continues where it stopped",
        )


def remove_empty(means: Means, step: RemoveEmptyStack, _news: Progress) -> None:
    """Delete a stack that holds nothing: the CDK CLI takes one in review for absent."""
    means.aws.cloudformation.delete_stack(StackName=step.stack)
    _settle(means, step.stack, lambda: find(means, step.stack) is None)


def finish_rollback(means: Means, step: ContinueRollback, news: Progress) -> None:
    """Continue a rollback that failed."""
    means.cdk.synth(news)
    explained(means, step.stack, lambda: means.cdk.rollback(step.stack, news))


def await_stack(means: Means, step: AwaitStack, news: Progress) -> None:
    """Wait for an operation to end, however it ends."""

    def settled() -> bool:
        found = find(means, step.stack)
        status = found["StackStatus"] if found else "DELETE_COMPLETE"
        news(f"{step.stack} {status}")
        return condition_of(status) is not Condition.BUSY

    _settle(means, step.stack, settled)


def find(means: Means, stack: str) -> "StackTypeDef | None":
    """Look at one stack now; None when there is none."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        described = means.aws.cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return next((s for s in described if s["StackStatus"] != "DELETE_COMPLETE"), None)


def outputs(means: Means, stack: str) -> dict[str, str]:
    """Read one stack's outputs now."""
    found = find(means, stack)
    if found is None:
        return {}
    return {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}


def _settle(means: Means, stack: str, ready: Callable[[], bool]) -> None:
    if not means.wait(ready, at_most_s=means.patience.stack_s, pause_s=LOOK_S):
        raise StackBusy(
            f"{stack} has not settled within {means.patience.stack_s / 60:.0f} minutes",
            "Look at its events in the CloudFormation console, then run the same command",
        )


def explained(means: Means, stack: str, act: Callable[[], None]) -> None:
    """Act; a failure of the CDK CLI becomes the cause that CloudFormation's events tell."""
    try:
        act()
    except DeployFailed as failure:
        client = means.aws.cloudformation
        events = failed_events(client, stack, change_set=means.change_set)
        why = explain(stack, events, failure.what)
        if why.busy and (now := find(means, stack)):
            who = holder(client, stack, now["StackStatus"])
            why = replace(why, what=f"{stack} is being changed: {who}")
        log = f"the whole output is in {means.cdk.log}"
        raise _error(why, log) from failure


def _error(why: Explanation, log: str) -> VelaError:
    fix = f"{why.fix} ({log})"
    if why.dns:
        return DomainHeld(why.what, fix)
    return StackBusy(why.what, fix) if why.busy else DeployFailed(why.what, fix)
