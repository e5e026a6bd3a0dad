"""Who may connect: principals with their policies, access keys with their principal.

Law: this is ours, not the DSQL API's: IAM and STS know these things in AWS. A malformed policy is
refused here, at once, rather than at the next connection.
"""

import asyncio
import re
from typing import Final

from dsql_local.auth import Credential
from dsql_local.server.control import body as fields
from dsql_local.server.control.control import Control
from dsql_local.server.control.exchange import Request, Response, invalid_field

_PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(role|user)/[!-~]{1,576}", re.ASCII)
_SESSION = re.compile(r"arn:aws:sts::\d{12}:(assumed-role/[!-~]{1,512}|federated-user/[!-~]{1,64})")
_KEY_ID = re.compile(r"[A-Za-z0-9_]{1,128}", re.ASCII)
_SECRET = re.compile(r"[!-~]{1,128}", re.ASCII)
_SESSION_TOKEN = re.compile(r"[!-~]{1,4096}", re.ASCII)
_CREDENTIAL_FIELDS: Final = frozenset(
    {"secret_access_key", "session_token", "principal", "session_arn", "expires_at"}
)

# An ended session's key is kept a while, so that its refusal still says that it ended.
FORGET_AFTER_S: Final = 86_400


async def put_principal(control: Control, request: Request, arn: str) -> Response:
    """Create or replace what a principal may do."""
    if not _PRINCIPAL.fullmatch(arn):
        raise invalid_field("principal", "is not the ARN of an IAM role or user")
    body = fields.json_object(request)
    fields.only(body, frozenset({"policies"}))
    documents = body.get("policies")
    if not isinstance(documents, list):
        raise invalid_field("policies", "must be a list of IAM policy documents")
    await asyncio.to_thread(control.registry.put_principal, arn, documents)
    return Response()


async def delete_principal(control: Control, _: Request, arn: str) -> Response:
    """Forget what a principal may do."""
    await asyncio.to_thread(control.registry.delete_principal, arn)
    return Response()


async def put_credential(control: Control, request: Request, access_key_id: str) -> Response:
    """Create or replace an access key."""
    if not _KEY_ID.fullmatch(access_key_id):
        raise invalid_field("access_key_id", "must be letters, digits and underscores")
    body = fields.json_object(request)
    fields.only(body, _CREDENTIAL_FIELDS)
    credential = Credential(
        access_key_id=access_key_id,
        secret_access_key=fields.required_text(body, "secret_access_key", _SECRET),
        session_token=fields.text(body, "session_token", _SESSION_TOKEN),
        principal=fields.required_text(body, "principal", _PRINCIPAL),
        session_arn=fields.text(body, "session_arn", _SESSION),
        expires_at=fields.number(body, "expires_at"),
    )
    registry, now = control.registry, control.now()
    await asyncio.to_thread(registry.drop_expired_credentials, before=now - FORGET_AFTER_S)
    await asyncio.to_thread(registry.put_credential, credential)
    return Response()


async def delete_credential(control: Control, _: Request, access_key_id: str) -> Response:
    """Forget an access key."""
    await asyncio.to_thread(control.registry.delete_credential, access_key_id)
    return Response()
