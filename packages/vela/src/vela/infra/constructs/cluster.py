"""The only relational database."""

from aws_cdk import CfnTag, Fn, RemovalPolicy, Stack
from aws_cdk import aws_dsql as dsql
from aws_cdk import aws_iam as iam
from constructs import Construct


class Cluster(Construct):
    """An Aurora DSQL cluster.

    Args:
        scope: The stack.
        id_: A literal.
        name: Shown in the console; a cluster has no other name.
        keep: Whether it refuses deletion and outlives its stack.

    Attributes:
        private_host: The host inside the VPC, to connect to and to sign tokens for. The public
            ``endpoint`` has no route from isolated subnets.

    """

    def __init__(self, scope: Construct, id_: str, *, name: str, keep: bool) -> None:
        super().__init__(scope, id_)
        cluster = dsql.CfnCluster(
            self,
            "Cluster",
            deletion_protection_enabled=keep,  # explicit: what AWS takes for its absence is unclear
            tags=[CfnTag(key="Name", value=name)],
        )
        # Not RETAIN_ON_UPDATE_OR_DELETE: a failed first deployment would try to delete a
        # protected cluster and hang in ROLLBACK_FAILED.
        cluster.apply_removal_policy(RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY)
        self.arn = cluster.attr_resource_arn
        self.identifier = cluster.attr_identifier
        self.endpoint = cluster.attr_endpoint
        self.endpoint_service = cluster.attr_vpc_endpoint_service_name
        # com.amazonaws.<region>.dsql-<suffix> -> dsql-<suffix>
        label = Fn.select(3, Fn.split(".", self.endpoint_service))
        self.private_host = f"{self.identifier}.{label}.{Stack.of(self).region}.on.aws"

    def grant_connect(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* connect as the database roles it is mapped to."""
        return self._grant(grantee, "dsql:DbConnect")

    def grant_connect_admin(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* connect as ``admin``."""
        return self._grant(grantee, "dsql:DbConnectAdmin")

    def _grant(self, grantee: iam.IGrantable, action: str) -> iam.Grant:
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=[action], resource_arns=[self.arn]
        )
