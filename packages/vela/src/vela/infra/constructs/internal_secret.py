"""The secret that tells an operator's call from a stranger's."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from vela.infra.constructs.private_endpoint import PrivateEndpoint
from vela.infra.nag import accept

HTTPS = 443


class InternalSecret(Construct):
    """A generated secret, and the only way from the VPC to read it.

    Args:
        scope: The stack.
        id_: A literal.
        vpc: Where the way begins.

    """

    def __init__(self, scope: Construct, id_: str, *, vpc: ec2.IVpc) -> None:
        super().__init__(scope, id_)
        self._secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Bearer token that shows the detail of Vela's internal health-check",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=48, exclude_punctuation=True
            ),
            removal_policy=RemovalPolicy.DESTROY,  # generated anew with the stack
        )
        accept(
            self._secret,
            "AwsSolutions-SMG4",
            because="It opens no data, only the detail of a health-check; the function reads it anew "
            "every minute, so an operator rotates it by writing another value",
        )
        self._endpoint = PrivateEndpoint(
            self,
            "Endpoint",
            vpc=vpc,
            service=f"com.amazonaws.{Stack.of(self).region}.secretsmanager",
            port=HTTPS,
            description="Secrets Manager endpoint: HTTPS from the API function",
        )
        self._endpoint.endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["secretsmanager:GetSecretValue"],
                resources=[self._secret.secret_arn],
                conditions={"StringEquals": {"aws:PrincipalAccount": Stack.of(self).account}},
            )
        )
        self.arn = self._secret.secret_arn

    def admit(self, client: ec2.ISecurityGroup) -> None:
        """Let *client* reach Secrets Manager."""
        self._endpoint.admit(client, "Read the internal secret")

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read it."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["secretsmanager:GetSecretValue"], resource_arns=[self.arn]
        )
