"""The application's network."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from vela.infra.nag import accept


class Network(Construct):
    """Private isolated subnets in the stack's zones: no way in, and out only by endpoints.

    Args:
        scope: The stack.
        id_: A literal.
        flow_logs: Whether rejected packets are logged.

    """

    def __init__(self, scope: Construct, id_: str, *, flow_logs: bool) -> None:
        super().__init__(scope, id_)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.42.0.0/16"),
            max_azs=2,
            nat_gateways=0,
            # Nothing uses the default group, and emptying it would take a function of CDK's own.
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
                )
            ],
        )
        accept(
            self.vpc,
            "CloudFormation-Validate::W3010",
            because="Zones found at deployment could change and take the subnets with them",
        )
        self._add_s3_endpoint()
        self._add_dynamodb_endpoint()
        if flow_logs:
            self._log_rejected()
        else:
            accept(
                self.vpc,
                "AwsSolutions-VPC7",
                because="Rejected packets are logged in production; a development VPC carries nobody's data",
            )

    def _add_s3_endpoint(self) -> None:
        """Admit one thing: that a function answers CloudFormation for a custom resource."""
        stack = Stack.of(self)
        bucket = f"cloudformation-custom-resource-response-{stack.region.replace('-', '')}"
        endpoint = self.vpc.add_gateway_endpoint(
            "S3Endpoint", service=ec2.GatewayVpcEndpointAwsService.S3
        )
        endpoint.add_to_policy(
            # The response URL is signed by CloudFormation, so any principal it is.
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[
                    stack.format_arn(service="s3", region="", account="", resource=f"{bucket}/*")
                ],
            )
        )

    def _add_dynamodb_endpoint(self) -> None:
        """Admit this account's principals to this account's Vela tables."""
        stack = Stack.of(self)
        endpoint = self.vpc.add_gateway_endpoint(
            "DynamoDbEndpoint", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB
        )
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["dynamodb:*"],
                resources=[
                    stack.format_arn(service="dynamodb", resource="table", resource_name="vela-*")
                ],
                conditions={"StringEquals": {"aws:PrincipalAccount": stack.account}},
            )
        )

    def _log_rejected(self) -> None:
        group = logs.LogGroup(
            self,
            "RejectedLog",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.vpc.add_flow_log(
            "Rejected",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
