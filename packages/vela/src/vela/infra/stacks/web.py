"""VelaStack: the website and the one front of the platform."""

from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from vela.infra.constructs.cluster import Cluster
from vela.infra.constructs.distribution import Distribution
from vela.infra.constructs.website_bucket import WebsiteBucket
from vela.infra.constructs.website_files import WebsiteFiles
from vela.infra.settings import InfraSettings
from vela.infra.stacks.api import ApiStack


class VelaStack(Stack):
    """What people see, and the outputs that say where everything is."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment,
        settings: InfraSettings,
        api: ApiStack,
        cluster: Cluster,
        website: Path,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Vela: website")
        bucket = WebsiteBucket(self, "Website", name=f"vela-web-{settings.account}").bucket
        front = Distribution(
            self,
            "Front",
            bucket=bucket,
            api_id=api.http_api.api_id,
            domain=settings.domain,
            certificate=settings.certificate,
        )
        WebsiteFiles(self, "Files", source=website, bucket=bucket, distribution=front.distribution)
        for name, value, what in (
            ("WebsiteURL", front.url, "The website"),
            ("CloudFrontDomain", front.domain_name, "Lead a domain of your own to this name"),
            ("DistributionId", front.distribution.distribution_id, "The CloudFront distribution"),
            ("WebsiteBucket", bucket.bucket_name, "The website's files"),
            ("ApiURL", api.http_api.url, "The HTTP API behind the website's /api"),
            ("InternalSecretArn", api.secret.arn, "Whose holder is told the health-check's detail"),
            ("DsqlClusterArn", cluster.arn, "The Aurora DSQL cluster"),
            ("DsqlEndpoint", cluster.private_host, "Its host inside the VPC"),
            ("DsqlPublicEndpoint", cluster.endpoint, "Its host for operators, elsewhere"),
        ):
            CfnOutput(self, name, value=value, description=what)
