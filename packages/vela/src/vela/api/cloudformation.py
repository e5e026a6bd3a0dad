"""A custom resource's side of CloudFormation: what it is asked, and how its answer gets back.

Law: knows the protocol and nothing of what the resource is. An answer is sent until the response URL
has taken it; without one CloudFormation waits an hour and then fails the deployment for no stated reason.
"""

import http.client
import json
import logging
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from vela.errors import AnswerUndelivered, SettingsError

log = logging.getLogger(__name__)

RequestType = Literal["Create", "Update", "Delete"]

#: CloudFormation takes 4096 bytes in all; ids and escapes need the rest.
REASON_LIMIT = 1500
PUT_TIMEOUT_S = 5.0
PUT_WAITS_S = (0.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequest:
    """What CloudFormation asks of the resource."""

    type: RequestType
    stack_id: str
    request_id: str
    logical_id: str
    response_url: str = field(repr=False)  # presigned: whoever has it may answer
    physical_id: str | None = None
    properties: Mapping[str, Any]

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> "ResourceRequest":
        """Take the request out of the event CloudFormation invokes the function with."""
        try:
            return cls(
                type=_request_type(event["RequestType"]),
                stack_id=event["StackId"],
                request_id=event["RequestId"],
                logical_id=event["LogicalResourceId"],
                response_url=_http_url(str(event["ResponseURL"])),
                physical_id=event.get("PhysicalResourceId"),
                properties=event.get("ResourceProperties") or {},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(
                f"the event is no request of CloudFormation: {error} is missing or malformed",
                "Let CloudFormation call this function, as the service token of a custom resource",
            ) from error


def _request_type(given: str) -> RequestType:
    match given:
        case "Create" | "Update" | "Delete":
            return given
        case _:
            raise ValueError("RequestType")


def _http_url(given: str) -> str:
    if urlsplit(given).scheme not in {"https", "http"}:
        raise ValueError("ResponseURL")
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of the request; *failed* says why it failed, None that it succeeded."""

    physical_id: str
    failed: str | None = None

    def to(self, request: ResourceRequest) -> bytes:
        """Shape it as CloudFormation reads it."""
        fields = {
            "Status": "SUCCESS" if self.failed is None else "FAILED",
            "PhysicalResourceId": self.physical_id,
            "StackId": request.stack_id,
            "RequestId": request.request_id,
            "LogicalResourceId": request.logical_id,
        }
        if self.failed is not None:
            reason = self.failed.encode()[:REASON_LIMIT]
            fields["Reason"] = reason.decode(errors="ignore")
        return json.dumps(fields, ensure_ascii=False).encode()


def send(
    request: ResourceRequest, answer: Answer, *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Put the answer to the response URL; a few times, for the network may be as new as the stack."""
    body = answer.to(request)
    trouble = "never tried"
    for wait in (*PUT_WAITS_S, None):
        try:
            _put(request.response_url, body)
        except (OSError, http.client.HTTPException) as error:
            trouble = f"{type(error).__name__}: {error}"
        else:
            return
        if wait is not None:
            sleep(wait)
    raise AnswerUndelivered(
        f"CloudFormation did not take the answer for {request.logical_id}: {trouble}",
        "Check that the function's subnets and security group reach Amazon S3 "
        "(gateway endpoint, TCP 443 to its prefix list)",
    )


def _put(url: str, body: bytes) -> None:
    # The URL is signed for an empty content type; leaving the header out makes urllib add one.
    headers = {"content-type": "", "content-length": str(len(body))}
    put = urllib.request.Request(url, data=body, method="PUT", headers=headers)  # noqa: S310 - parse() admits http(s) only
    with urllib.request.urlopen(put, timeout=PUT_TIMEOUT_S) as response:  # noqa: S310 - the same
        response.read()
