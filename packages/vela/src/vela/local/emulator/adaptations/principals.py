"""Gap: what a role may do in the database is what its policies say, as deployed.

The policies of every role are told to dsql-local whenever IAM changed, through its API or through
CloudFormation, and once at start. They decide on new connections: as on AWS, a connection that
is open stays open when a policy is taken away. (A function's worker is replaced, though, and its
connections with it: see `function_worker`.)
"""

import json
import logging
import threading
from collections import Counter
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import iam

from .cloud import Cloud
from .control import ControlRefused, quoted
from .replacement import expected

log = logging.getLogger("vela.principals")


class Principals:
    """The roles' policies as dsql-local last heard of them."""

    def __init__(self, cloud: Cloud) -> None:
        expected(iam, "_roles")
        expected(iam_evaluator, "_resolve_managed_policy_document", "policy_arn", "account_id")
        self._cloud = cloud
        self._told: dict[str, list[Any]] = {}
        self._revisions: Counter[str] = Counter()
        self._lock = threading.Lock()

    def synchronise(self) -> None:
        """Tell dsql-local what changed since the last time."""
        with self._lock:
            wanted = self._current()
            for arn in self._told.keys() - wanted.keys():
                self._cloud.dsql.call("DELETE", f"/principals/{quoted(arn)}")
                del self._told[arn]
            for arn, policies in wanted.items():
                if self._told.get(arn) != policies:
                    self._tell(arn, policies)
                    self._told[arn] = policies
                    self._revisions[arn] += 1

    def _tell(self, arn: str, policies: list[Any]) -> None:
        path = f"/principals/{quoted(arn)}"
        try:
            self._cloud.dsql.call("PUT", path, {"policies": policies})
        except ControlRefused as refused:
            # What dsql-local cannot decide must not leave the role what it was allowed before.
            log.warning("%s may not connect: %s", arn, refused)
            self._cloud.dsql.call("PUT", path, {"policies": []})

    def revision(self, role_arn: str) -> int:
        """Return a number that grows with every change of the role's policies."""
        return self._revisions[role_arn]

    def _current(self) -> dict[str, list[Any]]:
        with request_scope(self._cloud.account, self._cloud.region):
            return {role["Arn"]: self._policies_of(role) for role in iam._roles.values()}

    def _policies_of(self, role: dict[str, Any]) -> list[Any]:
        if role.get("PermissionsBoundary"):
            # An intersection of policies is no list of policies: deny rather than allow too much.
            log.warning("%s has a permissions boundary: no DSQL access here", role["Arn"])
            return []
        attached = (
            iam_evaluator._resolve_managed_policy_document(arn, self._cloud.account)
            for arn in role.get("AttachedPolicies", [])
        )
        documents = [*(role.get("InlinePolicies") or {}).values(), *attached]
        return [_parsed(document) for document in documents if document]


def _parsed(document: str | dict[str, Any]) -> Any:
    return json.loads(document) if isinstance(document, str) else document
