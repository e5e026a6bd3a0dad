"""Where the website's files are."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from vela.infra.nag import accept


class WebsiteBucket(Construct):
    """A private bucket with a literal name, which outlives its stack in every stage.

    A literal name and retention are what CloudFormation asks for to take an existing bucket in.

    Args:
        scope: The stack.
        id_: A literal.
        name: Known at synthesis.

    """

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        super().__init__(scope, id_)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            # Retained once deployed; a first deployment that fails leaves nothing behind.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        accept(
            self.bucket,
            "AwsSolutions-S1",
            because="Only the distribution reads it, and everything in it is public through that",
        )
