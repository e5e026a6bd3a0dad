"""The AWS account a command works on: real, or the one on this machine.

Law: the one place that knows where API calls go and by whose credentials.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from botocore.loaders import Loader
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

REGION = "us-east-1"

#: In place of what botocore would read of the user's own configuration, each as (name in a file,
#: variable, default, conversion).
NOTHING_OF_THE_USER = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ca_bundle": (None, None, None, None),
}


@cache
def _loader(data_path: str | None) -> "Loader":
    from botocore.loaders import create_loader  # noqa: PLC0415 - boto3 is slow to import

    return create_loader(data_path)


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
        return self.session().client(
            "cloudformation",
            region_name=REGION,
            endpoint_url=self.endpoint,
            config=self.config(),
        )

    def secrets(self) -> "SecretsManagerClient":
        """Make a client of the secrets."""
        return self.session().client(
            "secretsmanager",
            region_name=REGION,
            endpoint_url=self.endpoint,
            config=self.config(),
        )

    @property
    def endpoint(self) -> str | None:
        """Where every API answers; None for AWS's own places."""
        return self.environment.get("AWS_ENDPOINT_URL")

    def session(self) -> "boto3.Session":
        """Make a session; the local cloud's knows nothing of the user's profiles and files."""
        import boto3  # noqa: PLC0415 - 400 ms, and most commands need no AWS API
        from botocore.session import Session  # noqa: PLC0415

        here = self.environment
        core = Session(session_vars=NOTHING_OF_THE_USER if here else None)
        # What a service's API looks like is read once a process: it takes longer than a call.
        core.register_component("data_loader", _loader(core.get_config_variable("data_path")))
        return boto3.Session(
            aws_access_key_id=here.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=here.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=here.get("AWS_SESSION_TOKEN"),
            botocore_session=core,
        )

    def config(self) -> "Config":
        """Bound every call; the local cloud is on loopback, where no proxy leads."""
        from botocore.config import Config  # noqa: PLC0415 - boto3 is slow to import

        return Config(
            connect_timeout=5,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 3},
            proxies={} if self.environment else None,
        )
