"""Gap: a Lambda function acts as its own role, here and in the database.

Each role has one set of temporary credentials, the same after a restart. The emulator's services
take them as a session of that role, and dsql-local as a principal with that role's policies.
"""

import base64
import hashlib
import hmac
import threading
from typing import Any

from ministack.services import sts

from .cloud import Cloud
from .control import quoted
from .replacement import expected


def session_arn(role_arn: str, session: str) -> str:
    """Return the ARN that *role_arn* has once it is assumed; a path is no part of it."""
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    return f"arn:aws:sts::{account}:assumed-role/{name}/{session}"


class RoleCredentials:
    """Issues the credentials of roles."""

    def __init__(self, cloud: Cloud) -> None:
        expected(sts, "register_session", "access_key", "session")
        self._cloud = cloud
        self._issued: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def of(self, role_arn: str, session: str) -> dict[str, str]:
        """Return the environment that lets a process act as *role_arn*."""
        with self._lock:
            if role_arn not in self._issued:
                self._issued[role_arn] = self._issue(role_arn, session)
            return dict(self._issued[role_arn])

    def _issue(self, role_arn: str, session: str) -> dict[str, str]:
        key = "ASIA" + base64.b32encode(self._derived("key", role_arn))[:16].decode()
        secret = base64.b64encode(self._derived("secret", role_arn))[:40].decode()
        token = base64.b64encode(self._derived("token", role_arn)).decode()
        assumed = session_arn(role_arn, session)
        record: dict[str, Any] = {
            "Arn": assumed,
            "UserId": f"{role_arn.rsplit('/', 1)[-1]}:{session}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        }
        sts.register_session(key, record)
        credential = {
            "secret_access_key": secret,
            "session_token": token,
            "principal": role_arn,
            "session_arn": assumed,
        }
        self._cloud.dsql.call("PUT", f"/credentials/{quoted(key)}", credential)
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": token,
        }

    def _derived(self, purpose: str, role_arn: str) -> bytes:
        message = f"{purpose}\n{role_arn}".encode()
        return hmac.digest(self._cloud.credential_seed, message, hashlib.sha256)
