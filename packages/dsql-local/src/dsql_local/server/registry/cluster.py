"""A cluster as the control plane knows it.

Law: a value. Its names are derived from its identifier, region, account and the host suffix, so
they cannot disagree.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Status = Literal["ACTIVE", "INACTIVE"]
OWNED_KEY: Final = "AWS_OWNED_KMS_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster; *suffix* names the PrivateLink service through which a VPC reaches it."""

    identifier: str
    region: str
    account: str
    suffix: str
    created_at: float
    status: Status = "ACTIVE"
    deletion_protection: bool
    tags: Mapping[str, str] = field(default_factory=dict)
    kms_key: str = OWNED_KEY
    client_token: str | None = None
    request_digest: str | None = None

    @property
    def arn(self) -> str:
        """The cluster's ARN."""
        return f"arn:aws:dsql:{self.region}:{self.account}:cluster/{self.identifier}"

    @property
    def kms_key_arn(self) -> str:
        """The ARN of the customer's key, which may be given by id or alias too."""
        if self.kms_key.startswith("arn:"):
            return self.kms_key
        key = self.kms_key if self.kms_key.startswith("alias/") else f"key/{self.kms_key}"
        return f"arn:aws:kms:{self.region}:{self.account}:{key}"

    @property
    def public_host(self) -> str:
        """The host of the public endpoint."""
        return f"{self.identifier}.dsql.{self.region}.on.aws"

    @property
    def private_host(self) -> str:
        """The host inside a VPC with private DNS."""
        return f"{self.identifier}.dsql-{self.suffix}.{self.region}.on.aws"

    @property
    def hosts(self) -> frozenset[str]:
        """Every host by which the cluster is reached."""
        return frozenset((self.public_host, self.private_host))

    @property
    def service_name(self) -> str:
        """The name of the PrivateLink service."""
        return f"com.amazonaws.{self.region}.dsql-{self.suffix}"


def new_identifier() -> str:
    """Draw an identifier as DSQL does: 128 random bits in lower-case base 32."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def new_suffix() -> str:
    """Draw the label which tells one PrivateLink service from another."""
    return new_identifier()[:4]
