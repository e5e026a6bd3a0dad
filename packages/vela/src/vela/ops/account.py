"""The AWS account a command works on: real, or the one on this machine.

Law: the one place that makes boto3 clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

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

    def cloudformation(self) -> "CloudFormationClient":
        """Make a client of the deployment state."""
        return self._session().client("cloudformation", endpoint_url=self._endpoint)

    def secrets(self) -> "SecretsManagerClient":
        """Make a client of the secrets."""
        return self._session().client("secretsmanager", endpoint_url=self._endpoint)

    @property
    def _endpoint(self) -> str | None:
        return self.environment.get("AWS_ENDPOINT_URL")

    def _session(self) -> "boto3.Session":
        import boto3  # noqa: PLC0415 - 400 ms, and most commands need no AWS API

        return boto3.Session(
            aws_access_key_id=self.environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.environment.get("AWS_SECRET_ACCESS_KEY"),
            region_name=REGION,
        )
