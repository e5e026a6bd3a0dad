"""Gap: too many requests.

The emulator never throttles; AWS answers so in the words of each protocol, and the SDKs try again:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html.
Routes: ``PUT /throttles/{IAM action}`` refuses the next ``times`` requests for the action (as in
``cloudformation:DescribeStacks``), and ``DELETE`` ends that.
"""

from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import new_uuid

from .asked_actions import judged_by
from .cloud import Cloud
from .local_control import Document, LocalControl, NotThere
from .replacement import expected

RATE = "Rate exceeded"
# Services that have a word of their own for it; the others by their protocol.
CODES = {"s3": "SlowDown", "ec2": "RequestLimitExceeded", "lambda": "TooManyRequestsException"}
QUERY = frozenset({"cloudformation", "iam", "sts", "cloudfront", "route53"})
STATUSES = {"s3": 503, "ec2": 503, "lambda": 429, "dsql": 429}
BAD_REQUEST = 400


class Throttles:
    """How many requests for each action are still to be refused."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}

    def put(self, action: str, document: Document) -> Document:
        """Refuse the next requests for the action."""
        self._left[action] = int(document["times"])
        return {"times": self._left[action]}

    def delete(self, action: str) -> Document:
        """Refuse none any more; tell how many were left."""
        if action not in self._left:
            raise NotThere(f"{action} is not throttled")
        return {"times": self._left.pop(action)}

    def any(self) -> bool:
        """Tell whether any action is throttled."""
        return bool(self._left)

    def judge(self, service: str, action: str, headers: dict[str, str]) -> Any:
        """Refuse a request too many."""
        return _refusal(service, action, headers) if self._takes(action) else None

    def _takes(self, action: str) -> bool:
        left = self._left.get(action, 0)
        if left:
            self._left[action] = left - 1
        return left > 0


def _refusal(service: str, action: str, headers: dict[str, str]) -> Any:
    code = CODES.get(service) or ("Throttling" if service in QUERY else "ThrottlingException")
    _status, answered, body = iam_actions.access_denied_response(
        service, action, "", new_uuid(), error_code=code, message=RATE, headers=headers
    )
    return STATUSES.get(service, BAD_REQUEST), answered, body


def apply(_cloud: Cloud, control: LocalControl) -> None:
    """Stand before every service, and register the routes."""
    expected(iam_actions, "access_denied_response")
    throttles = Throttles()
    judged_by(throttles.judge, when=throttles.any)
    control.add("PUT", "/throttles/{action}", throttles.put)
    control.add("DELETE", "/throttles/{action}", throttles.delete)
