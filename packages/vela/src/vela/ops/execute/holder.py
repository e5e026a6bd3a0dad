"""Who is changing a stack, and since when.

Law: CloudFormation alone is asked. A change set of ours is named after who made it, on which machine
and when, so the name is the answer; without one there is the time of the operation's first event.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_NAME = re.compile(r"vela-(?P<who>.+)-(?P<when>\d{8}t\d{6}z)")
_LONGEST = 100


def change_set_name(*, user: str, machine: str, now: datetime) -> str:
    """Name a change set so that it tells who made it: a letter first, then letters, digits, hyphens."""
    return f"vela-{whom(user, machine)}-{now.astimezone(UTC):%Y%m%dt%H%M%Sz}"


def whom(user: str, machine: str) -> str:
    """Name a person at a machine in the letters a change set's name may have."""
    return (
        re.sub(r"[^a-z0-9]+", "-", f"{user}-{machine}".lower()).strip("-")[:_LONGEST] or "someone"
    )


def told_by(change_set: str) -> str | None:
    """Read who and since when out of a change set's name or ARN; None when it is not one of ours."""
    found = _parts(change_set)
    return f"by {found[0]} since {found[1]:%Y-%m-%d %H:%M:%S} UTC" if found else None


def began(change_set: str) -> datetime | None:
    """Read out of a change set's name or ARN when its deployment began."""
    found = _parts(change_set)
    return found[1] if found else None


def _parts(change_set: str) -> tuple[str, datetime] | None:
    name = change_set.partition(":changeSet/")[2].partition("/")[0] or change_set
    if (found := _NAME.fullmatch(name)) is None:
        return None
    when = datetime.strptime(found["when"], "%Y%m%dt%H%M%Sz").replace(tzinfo=UTC)
    return found["who"], when


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
