"""The AWS account a command works on: real, or the one on this machine.

Law: the one place that makes boto3 clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where API calls go, and by whose credentials.

    Args:
        environment: For the local cloud, the variables that point at it (``AWS_ENDPOINT_URL``,
            ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``); empty for AWS, where boto3's own chain
            (environment, profile, single sign-on) finds them.

    """

    environment: Mapping[str, str]

    def client(self, service: str) -> Any:
        """Make a client of *service* in Vela's Region."""
        import boto3  # noqa: PLC0415 - 400 ms, and most commands need no AWS API

        return boto3.Session(
            aws_access_key_id=self.environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.environment.get("AWS_SECRET_ACCESS_KEY"),
            region_name=REGION,
        ).client(service, endpoint_url=self.environment.get("AWS_ENDPOINT_URL"))
