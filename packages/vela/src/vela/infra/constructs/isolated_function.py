"""A Lambda function without internet."""

from collections.abc import Mapping

from aws_cdk import AssetHashType, Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from vela.infra.bundle import Bundle
from vela.infra.nag import VPC_ACCESS_POLICY, accept, managed_policy


class IsolatedFunction(Construct):
    """A handler of the Lambda asset in the isolated subnets, with a role and a JSON log of its own.

    Args:
        scope: The stack.
        id_: A literal.
        vpc: Whose isolated subnets it runs in.
        security_group: What it may reach.
        bundle: The asset.
        handler: Module and function of it.
        environment: Its settings.
        timeout: After which Lambda ends it.
        memory_mb: Its memory, and its share of a processor with it.
        name: Its name; without one CloudFormation makes one, and may replace it.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        security_group: ec2.ISecurityGroup,
        bundle: Bundle,
        handler: str,
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mb: int,
        name: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.role = self._make_role()
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory_mb,
            timeout=timeout,
            handler=handler,
            code=lambda_.Code.from_asset(
                str(bundle.directory),
                asset_hash=bundle.digest,
                asset_hash_type=AssetHashType.CUSTOM,
            ),
            environment=dict(environment),
            role=self.role,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[security_group],
            logging_format=lambda_.LoggingFormat.JSON,
            # Without a name of its own: a group called after the function is made anew by its
            # last log line and would stand in the way of the next deployment.
            log_group=logs.LogGroup(
                self,
                "Log",
                retention=logs.RetentionDays.ONE_MONTH,
                removal_policy=RemovalPolicy.DESTROY,
            ),
        )
        accept(
            self.function,
            "AwsSolutions-L1",
            because="Python 3.13 is the runtime the locked wheels are chosen for; it is raised with them",
        )

    def _make_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(VPC_ACCESS_POLICY)],
        )
        accept(
            role,
            managed_policy(VPC_ACCESS_POLICY),
            because="AWS keeps this list of what Lambda itself needs for network interfaces and logs",
        )
        return role
