"""Who may log in as which database role: made, and unmade.

Law: idempotent; every statement is DDL of its own transaction, so any of them may be the last that
happened, and running again finishes the rest. Only the mapping named is touched. The database role
itself stays when its mapping goes: it may own data, and nobody can log in as it without a mapping.
"""

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, LiteralString, Self

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from vela.errors import SettingsError
from vela.settings import Endpoint

log = logging.getLogger(__name__)

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_ROLE = re.compile(r"(?!admin$|pg_)[a-z_][a-z0-9_]{0,62}")
_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(?:role|user)/[\w+=,.@/-]{1,512}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleMapping:
    """One row of ``sys.iam_pg_role_mappings`` of one cluster."""

    endpoint: Endpoint
    role: str
    arn: str

    @classmethod
    def parse(cls, properties: Mapping[str, Any]) -> Self:
        """Read the custom resource's properties; what passes is safe to quote and to log."""
        host, role, arn = (
            str(properties.get(name, "")) for name in ("ClusterEndpoint", "DatabaseRole", "RoleArn")
        )
        if not _ROLE.fullmatch(role):
            raise SettingsError(
                f"DatabaseRole is {role!r}, which is no custom database role",
                "Use lower-case letters, digits and underscores, as in vela_api",
            )
        if not _ARN.fullmatch(arn):
            raise SettingsError(
                f"RoleArn is {arn!r}, which is not the ARN of an IAM role or user",
                "Use the form arn:aws:iam::<account>:role/<name>",
            )
        return cls(endpoint=Endpoint.parse(host), role=role, arn=arn)

    @property
    def physical_id(self) -> str:
        """The mapping's identity: another cluster, role or ARN is another mapping."""
        return f"{self.endpoint.cluster_id}/{self.role}/{self.arn}"


def grant(connect: Connect, mapping: RoleMapping) -> None:
    """Let the IAM role log in as the database role, making that if it is absent."""
    fields = _fields(mapping)
    with connect() as conn:
        if not _found(conn, "SELECT 1 FROM pg_roles WHERE rolname = %s", mapping.role):
            conn.execute(SQL("CREATE ROLE {} WITH LOGIN").format(Identifier(mapping.role)))
            log.info("role_mapping.role_created", extra=fields)
        if _mapped(conn, mapping):
            log.info("role_mapping.already_granted", extra=fields)
            return
        statement = SQL("AWS IAM GRANT {} TO {}")
        conn.execute(statement.format(Identifier(mapping.role), Literal(mapping.arn)))
        log.info("role_mapping.granted", extra=fields)


def revoke(connect: Connect, mapping: RoleMapping) -> None:
    """End that the IAM role may log in as the database role."""
    fields = _fields(mapping)
    with connect() as conn:
        if not _mapped(conn, mapping):
            log.info("role_mapping.already_revoked", extra=fields)
            return
        statement = SQL("AWS IAM REVOKE {} FROM {}")
        conn.execute(statement.format(Identifier(mapping.role), Literal(mapping.arn)))
        log.info("role_mapping.revoked", extra=fields)


def _mapped(conn: Connection[Any], mapping: RoleMapping) -> bool:
    # GRANT of a mapping that exists is an error, and so is REVOKE of one that does not.
    query = "SELECT 1 FROM sys.iam_pg_role_mappings WHERE pg_role_name = %s AND arn = %s"
    return _found(conn, query, mapping.role, mapping.arn)


def _found(conn: Connection[Any], query: LiteralString, *values: str) -> bool:
    return conn.execute(query, values).fetchone() is not None


def _fields(mapping: RoleMapping) -> dict[str, str]:
    return {"cluster": mapping.endpoint.cluster_id, "role": mapping.role, "arn": mapping.arn}
