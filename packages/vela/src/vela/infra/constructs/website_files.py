"""The website's files, put where the distribution reads them."""

from pathlib import Path
from typing import cast

from aws_cdk import CfnElement, DefaultStackSynthesizer, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from vela.infra.nag import BASIC_EXECUTION_POLICY, accept, managed_policy, wildcard

#: What CDK's own copier is granted; all of it on two buckets, but for the invalidation.
GRANTED = ("s3:GetObject*", "s3:GetBucket*", "s3:List*", "s3:DeleteObject*", "s3:Abort*")


class WebsiteFiles(Construct):
    """A directory copied into the bucket by each deployment that changes it.

    Args:
        scope: The stack.
        id_: A literal.
        source: The directory; dotfiles stay at home.
        bucket: Where it goes.
        distribution: Whose caches forget the old files.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        source: Path,
        bucket: s3.IBucket,
        distribution: cloudfront.IDistribution,
    ) -> None:
        super().__init__(scope, id_)
        copied = deployment.BucketDeployment(
            self,
            "Deployment",
            sources=[deployment.Source.asset(str(source), exclude=[".*", "**/.*"])],
            destination_bucket=bucket,
            distribution=distribution,
            distribution_paths=["/*"],
            # Names carry no version: browsers ask each time, CloudFront keeps until invalidated.
            cache_control=[
                deployment.CacheControl.from_string(
                    "public, max-age=0, s-maxage=86400, must-revalidate"
                )
            ],
            prune=True,
            retain_on_delete=True,
            memory_limit=256,
            log_group=logs.LogGroup(
                self,
                "Log",
                retention=logs.RetentionDays.ONE_MONTH,
                removal_policy=RemovalPolicy.DESTROY,
            ),
        )
        self._accept_findings(copied.handler_role, bucket)

    def _accept_findings(self, role: iam.IRole, bucket: s3.IBucket) -> None:
        stack = Stack.of(self)
        assets = (
            f"cdk-{DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-{stack.account}-{stack.region}"
        )
        written = stack.get_logical_id(cast("CfnElement", bucket.node.default_child))
        because = "CDK's own copier: it reads the assets and writes the one bucket"
        accept(role, managed_policy(BASIC_EXECUTION_POLICY), because=because)
        for action in GRANTED:
            accept(role, wildcard(f"Action::{action}"), because=because)
        for resource in (f"arn:aws:s3:::{assets}/*", f"<{written}.Arn>/*"):
            accept(role, wildcard(f"Resource::{resource}"), because=because)
        accept(
            role,
            wildcard("Resource::*"),
            because="CDK grants the invalidation on every distribution of the account",
        )
        if role.node.scope is not None:  # the function, which CDK shares within the stack
            accept(role.node.scope, "AwsSolutions-L1", because="CDK chooses its copier's runtime")
