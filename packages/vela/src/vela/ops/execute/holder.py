"""Who is changing a stack, and since when.

Law: CloudFormation alone is asked. A change set of ours is named after who made it, on which machine
and when, so the name is the answer; without one there is the time of the operation's first event.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING

from vela.ops.plan.change_set import told_by

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def holder(cloudformation: "CloudFormationClient", stack: str, status: str) -> str:
    """Tell who is changing *stack*, as far as CloudFormation knows."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

    try:
        described: Mapping[str, object] = cloudformation.describe_stacks(StackName=stack)["Stacks"][
            0
        ]
        if told := told_by(str(described.get("ChangeSetId", ""))):
            return f"{status}, {told}"
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    except (BotoCoreError, ClientError):
        return status
    started = next(
        (
            event["Timestamp"]
            for event in events
            if event["LogicalResourceId"] == stack
            and event.get("ResourceStatus", "").endswith("_IN_PROGRESS")
        ),
        None,
    )
    return f"{status} since {started.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if started else status
