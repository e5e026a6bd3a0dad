"""The boundary to AWS: one session, one client a service, every call recorded.

Law: holds clients and nothing else; what a refused call means is told by `refusals`. The recorder is
how a test proves that no call is made twice.
"""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from vela.ops.account import REGION, Account

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dsql import AuroraDSQLClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient


class Call(NamedTuple):
    """One API call: operation and arguments."""

    service: str
    operation: str
    arguments: str


class Aws:
    """Typed clients of one account, made when they are first used.

    Args:
        account: Where calls go.
        attempts: How often a throttled or broken call is made in all.

    """

    def __init__(self, account: Account, *, attempts: int = 5) -> None:
        self.account = account
        self._attempts = attempts
        self._lock = threading.Lock()  # making a client is not safe in threads, using one is
        self._session: boto3.Session | None = None
        self._clients: dict[str, Any] = {}
        self._calls: list[Call] = []

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call made so far, retries not counted."""
        return tuple(self._calls)

    @property
    def repeated(self) -> tuple[Call, ...]:
        """Calls that were made more than once with the same arguments."""
        return tuple(sorted({call for call in self._calls if self._calls.count(call) > 1}))

    @property
    def acm(self) -> "ACMClient":
        """Certificates."""
        client: ACMClient = self._client("acm")
        return client

    @property
    def cloudformation(self) -> "CloudFormationClient":
        """Stacks."""
        client: CloudFormationClient = self._client("cloudformation")
        return client

    @property
    def cloudfront(self) -> "CloudFrontClient":
        """Distributions."""
        client: CloudFrontClient = self._client("cloudfront")
        return client

    @property
    def cloudwatch(self) -> "CloudWatchClient":
        """Alarms."""
        client: CloudWatchClient = self._client("cloudwatch")
        return client

    @property
    def dsql(self) -> "AuroraDSQLClient":
        """Clusters."""
        client: AuroraDSQLClient = self._client("dsql")
        return client

    @property
    def dynamodb(self) -> "DynamoDBClient":
        """Tables."""
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @property
    def ec2(self) -> "EC2Client":
        """Network interfaces and security groups."""
        client: EC2Client = self._client("ec2")
        return client

    @property
    def iam(self) -> "IAMClient":
        """Roles and the simulation of policies."""
        client: IAMClient = self._client("iam")
        return client

    @property
    def functions(self) -> "LambdaClient":
        """Lambda."""
        client: LambdaClient = self._client("lambda")
        return client

    @property
    def logs(self) -> "CloudWatchLogsClient":
        """Log groups."""
        client: CloudWatchLogsClient = self._client("logs")
        return client

    @property
    def tagging(self) -> "ResourceGroupsTaggingAPIClient":
        """Everything with a tag."""
        client: ResourceGroupsTaggingAPIClient = self._client("resourcegroupstaggingapi")
        return client

    @property
    def route53(self) -> "Route53Client":
        """Hosted zones."""
        client: Route53Client = self._client("route53")
        return client

    @property
    def s3(self) -> "S3Client":
        """Buckets."""
        client: S3Client = self._client("s3")
        return client

    @property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets."""
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    @property
    def quotas(self) -> "ServiceQuotasClient":
        """Quotas."""
        client: ServiceQuotasClient = self._client("service-quotas")
        return client

    @property
    def ssm(self) -> "SSMClient":
        """Parameters."""
        client: SSMClient = self._client("ssm")
        return client

    @property
    def sts(self) -> "STSClient":
        """Who calls."""
        client: STSClient = self._client("sts")
        return client

    @property
    def session(self) -> "boto3.Session":
        """The one session: where credentials and the configured Region come from."""
        with self._lock:
            return self._made_session()

    def _client(self, name: str) -> Any:
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._make(name)
            return self._clients[name]

    def _make(self, name: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - boto3 is slow to import

        make: Callable[..., Any] = self._made_session().client
        return make(
            name,
            region_name=REGION,
            endpoint_url=self.account.endpoint,
            config=self.account.config().merge(
                Config(
                    retries={"mode": "standard", "total_max_attempts": self._attempts},
                    max_pool_connections=16,
                )
            ),
        )

    def _made_session(self) -> "boto3.Session":
        if self._session is None:
            self._session = self.account.session()
            # Before the retries: a call that is tried again is still one call.
            self._session.events.register("provide-client-params", self._record)
        return self._session

    def _record(self, params: Mapping[str, Any], model: Any, **_more: object) -> None:
        service = model.service_model.service_name
        self._calls.append(Call(service, model.name, repr(sorted(params.items()))))
