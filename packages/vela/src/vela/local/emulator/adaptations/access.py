"""Gap: the account's root is believed without a proof, and anybody may wipe the emulator.

The port is on loopback, but so are the other users of the machine and every page a browser shows.
Here root's requests need root's signature as a role's need theirs, and the emulator's own
administration (reset, configuration) is closed; what CloudFormation and a health probe use is not.
"""

from typing import Any

from ministack.core import iam_evaluator

from .cloud import Cloud
from .replacement import replace

ADMINISTRATION = ("/_ministack/", "/_localstack/", "/_aws/")
OPEN = ("/_ministack/health", "/_ministack/ready", "/_ministack/cfn-response/")


def apply(_cloud: Cloud) -> None:
    """Verify root's signatures: no key is one whose signature may be skipped."""
    replace(iam_evaluator, "_is_root_key", ("access_key_id",), lambda _original: lambda _key: False)


def without_administration(application: Any) -> Any:
    """Answer 404 where the emulator would let itself be administered."""

    async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if path.startswith(ADMINISTRATION) and not path.startswith(OPEN):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await application(scope, receive, send)

    return serve
