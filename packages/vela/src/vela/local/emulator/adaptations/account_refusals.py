"""Gap: what is refused to everybody in the account.

The emulator evaluates identities' policies and knows no organization above them, whose service
control policies deny also what an administrator asks for:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
Routes: ``PUT /denials/{IAM action}`` denies the action to everybody; ``PUT /expiries/{IAM action}`` lets
every session end when somebody asks for the action next, in the middle of whatever is being done.
``DELETE`` ends either.
"""

from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, new_uuid

from .asked_actions import judged_by
from .cloud import Cloud
from .local_control import Document, LocalControl, NotThere
from .replacement import expected

DENIED = (
    "User: arn:aws:iam::{account}:root is not authorized to perform: {action} with an explicit deny "
    "in a service control policy"
)
ENDED = "The security token included in the request is expired"
EXPIRED = "ExpiredTokenException"


class Refusals:
    """Which actions are denied, and which end every session."""

    def __init__(self) -> None:
        self._denied: set[str] = set()
        self._ending: dict[str, bool] = {}  # by action: whether the sessions have ended

    def deny(self, action: str, _document: Document) -> Document:
        """Deny the action."""
        self._denied.add(action)
        return {"denied": sorted(self._denied)}

    def allow(self, action: str) -> Document:
        """Deny it no more."""
        if action not in self._denied:
            raise NotThere(f"{action} is not denied")
        self._denied.remove(action)
        return {"denied": sorted(self._denied)}

    def end(self, action: str, _document: Document) -> Document:
        """Let every session end when the action is asked for."""
        self._ending[action] = False
        return {"ended": False}

    def begin(self, action: str) -> Document:
        """Let the sessions be valid again; tell whether they had ended."""
        if action not in self._ending:
            raise NotThere(f"{action} ends no session")
        return {"ended": self._ending.pop(action)}

    def any(self) -> bool:
        """Tell whether anything is refused, or will be."""
        return bool(self._denied or self._ending)

    def judge(self, service: str, action: str, headers: dict[str, str]) -> Any:
        """Refuse what is denied or comes too late."""
        if action in self._ending:
            self._ending[action] = True
        if any(self._ending.values()):
            return _refused(service, action, headers, message=ENDED, error_code=EXPIRED)
        if action in self._denied:
            text = DENIED.format(account=get_account_id(), action=action)
            return _refused(service, action, headers, message=text)
        return None


def _refused(service: str, action: str, headers: dict[str, str], **words: str) -> Any:
    return iam_actions.access_denied_response(
        service, action, "", new_uuid(), headers=headers, **words
    )


def apply(_cloud: Cloud, control: LocalControl) -> None:
    """Stand before every service, and register the routes."""
    expected(iam_actions, "access_denied_response")
    refusals = Refusals()
    judged_by(refusals.judge, when=refusals.any)
    control.add("PUT", "/denials/{action}", refusals.deny)
    control.add("DELETE", "/denials/{action}", refusals.allow)
    control.add("PUT", "/expiries/{action}", refusals.end)
    control.add("DELETE", "/expiries/{action}", refusals.begin)
