"""Compares what a stack took in with its template.

Law: an import takes a resource as it is, so its settings are looked at afterwards; CloudFormation
finds the difference and CloudFormation mends it.
"""

from collections.abc import Sequence

from vela.errors import DeployFailed
from vela.ops.cdk import Progress
from vela.ops.execute.means import Means
from vela.ops.execute.stacks import LOOK_S, bring_in_line
from vela.ops.facts.unknown import Unknown
from vela.ops.plan.steps import Reconcile
from vela.ops.refusals import known


def reconcile(means: Means, step: Reconcile, news: Progress) -> None:
    """Bring what was taken in to its template's settings, and see that it got there."""
    differing = drifted(means, step.stack, step.logical_ids)
    if isinstance(differing, Unknown):
        means.show.notice(
            f"whether what {step.stack} took in has the template's settings is not known: "
            f"{differing.reason}. {differing.remedy}"
        )
        return
    if not differing:
        return
    news(f"{', '.join(differing)} differ from the template")
    bring_in_line(means, step.stack, news)
    left = drifted(means, step.stack, step.logical_ids)
    if left and not isinstance(left, Unknown):
        raise DeployFailed(
            f"{', '.join(left)} of {step.stack} still differ from the template",
            "Look at the drift in the CloudFormation console, mend it there and deploy again",
        )


def drifted(means: Means, stack: str, logical_ids: Sequence[str]) -> tuple[str, ...] | Unknown:
    """Let CloudFormation compare resources with their template; name those that differ."""
    return known("cloudformation:DetectStackDrift", lambda: _drifted(means, stack, logical_ids))


def _drifted(means: Means, stack: str, logical_ids: Sequence[str]) -> tuple[str, ...]:
    client = means.aws.cloudformation
    asked = client.detect_stack_drift(StackName=stack, LogicalResourceIds=list(logical_ids))
    detection = asked["StackDriftDetectionId"]

    def compared() -> bool:
        told = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        return told["DetectionStatus"] != "DETECTION_IN_PROGRESS"

    means.wait(compared, at_most_s=means.patience.drift_s, pause_s=LOOK_S)
    told = client.describe_stack_resource_drifts(StackName=stack)["StackResourceDrifts"]
    return tuple(
        resource["LogicalResourceId"]
        for resource in told
        if resource["LogicalResourceId"] in logical_ids
        and resource["StackResourceDriftStatus"] in {"MODIFIED", "DELETED"}
    )
