"""How the VPC reaches an AWS service: an interface endpoint behind a group of its own."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct


class PrivateEndpoint(Construct):
    """An interface endpoint (PrivateLink) with private DNS that admits named clients on one port.

    Args:
        scope: The stack.
        id_: A literal.
        vpc: Where it gets its addresses, in every isolated subnet.
        service: The service's name; may be known only when its resource is made.
        port: The one TCP port.
        description: What the group admits, for the console.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        vpc: ec2.IVpc,
        service: str,
        port: int,
        description: str,
    ) -> None:
        super().__init__(scope, id_)
        self._port = ec2.Port.tcp(port)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description=description,
            allow_all_outbound=False,  # an endpoint answers, it never calls
        )
        self.endpoint = ec2.InterfaceVpcEndpoint(
            self,
            "Endpoint",
            vpc=vpc,
            service=ec2.InterfaceVpcEndpointService(service, port),
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            private_dns_enabled=True,
            open=False,  # else the whole VPC is admitted
            security_groups=[self.security_group],
        )
        self.endpoint_id = self.endpoint.vpc_endpoint_id

    def admit(self, client: ec2.ISecurityGroup, description: str) -> None:
        """Open the port from *client*, at both ends; both rules belong to this endpoint's stack."""
        self.security_group.connections.allow_from(client, self._port, description)
