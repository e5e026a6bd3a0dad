"""The database role of the API function, made inside the database by a custom resource."""

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from vela.infra.constructs.cluster import Cluster
from vela.infra.constructs.isolated_function import IsolatedFunction

#: The function gives up and says why before CloudFormation stops waiting for it.
PATIENCE = Duration.minutes(5)


class DatabaseRole(Construct):
    """A database role, and the IAM role that may log in as it.

    `mapping_id` is another one whenever the mapping is another one.

    Args:
        scope: The stack.
        id_: A literal.
        cluster: Where the role is.
        maker: The function that makes it; the only one that becomes ``admin``.
        name: The role's name in the database.
        iam_role: Who may log in as it. Its ARN is a property, so that a replaced IAM role is mapped
            anew; CloudFormation unmaps the old one when nothing uses it any more.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: Cluster,
        maker: IsolatedFunction,
        name: str,
        iam_role: iam.IRole,
    ) -> None:
        super().__init__(scope, id_)
        self.name = name
        mapping = CustomResource(
            self,
            "Mapping",
            resource_type="Custom::DsqlDatabaseRole",
            service_token=maker.function.function_arn,
            service_timeout=Duration.minutes(PATIENCE.to_minutes() + 1),
            properties={
                "ClusterEndpoint": cluster.private_host,
                "DatabaseRole": name,
                "RoleArn": iam_role.role_arn,
            },
        )
        mapping.node.add_dependency(cluster.grant_connect_admin(maker.role))
        self.mapping_id = mapping.ref
