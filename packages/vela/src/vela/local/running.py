"""What a command may know of a local cloud that runs.

Law: values only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

#: Every variable with one of these prefixes is somebody else's account.
FOREIGN = ("AWS_", "CDK_")
#: So is a proxy: the local cloud is on loopback.
PROXIES = ("http_proxy", "https_proxy", "all_proxy")

#: AWS's names that the emulator answers to, and what they are called below localhost.
SERVED = {"cloudfront.net": "cloudfront", "execute-api.REGION.amazonaws.com": "execute-api"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A local cloud, ready to be deployed to.

    Args:
        endpoint_url: Where every AWS API answers, and CloudFront by its Host header.
        account_id: The one account there is.
        region: The one Region there is.
        access_key_id: The root credentials' key.
        secret_access_key: The root credentials' secret.
        dsql_port: Where dsql-local takes PostgreSQL connections.
        ca_file: The certificate authority of dsql-local.
        logs: The directory of the processes' logs.
        notices: What the user should know of how it came to run.

    """

    endpoint_url: str
    account_id: str
    region: str
    access_key_id: str
    secret_access_key: str
    dsql_port: int
    ca_file: Path
    logs: Path
    notices: tuple[str, ...] = ()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that point the CDK CLI and boto3 here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            # Profiles and single sign-on of the user have no say.
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DEFAULT_ACCOUNT": self.account_id,
            "CDK_DEFAULT_REGION": self.region,
            # Functions run under this machine's Python, so their wheels are for it.
            "VELA_LAMBDA_TARGET": "host",
        }

    def url_here(self, url: str) -> str:
        """Give the address on this machine of what AWS would serve at *url*.

        ``https://d1.cloudfront.net`` is ``http://d1.cloudfront.localhost:8400`` here: browsers and
        curl take every name below ``localhost`` for this machine.
        """
        parts = urlsplit(url)
        label, _, zone = (parts.hostname or "").partition(".")
        if (service := SERVED.get(zone.replace(self.region, "REGION"))) is None:
            return url
        port = urlsplit(self.endpoint_url).port
        return parts._replace(scheme="http", netloc=f"{label}.{service}.localhost:{port}").geturl()

    def environment_over(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return *base* without anybody else's account, pointed here."""
        kept = {
            name: value
            for name, value in base.items()
            if not name.startswith(FOREIGN) and name.lower() not in PROXIES
        }
        return {**kept, **self.environment}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Which of the two processes run, and the cloud if both do."""

    emulator_pid: int | None
    dsql_pid: int | None
    running: Running | None
