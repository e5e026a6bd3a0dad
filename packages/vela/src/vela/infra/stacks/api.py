"""ApiStack: the API function, its database role, its secret and its HTTP API."""

from aws_cdk import Duration, Environment, Stack
from constructs import Construct

from vela.infra.bundle import Bundle
from vela.infra.constructs.database_role import PATIENCE, DatabaseRole
from vela.infra.constructs.http_api import HttpApi
from vela.infra.constructs.internal_secret import InternalSecret
from vela.infra.constructs.isolated_function import IsolatedFunction
from vela.infra.stacks.database import DatabaseStack

DATABASE_ROLE = "vela_api"
DATABASE = "postgres"


class ApiStack(Stack):
    """Code beside data: connects to the one cluster, as one database role."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment,
        database: DatabaseStack,
        bundle: Bundle,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Vela: API")
        self._database = database
        self._bundle = bundle
        self.secret = InternalSecret(self, "InternalSecret", vpc=database.network.vpc)
        self.secret.admit(database.api_security_group)
        api = self._function(
            "Api",
            handler="vela.api.handler.handler",
            environment={
                "DSQL_ENDPOINT": database.cluster.private_host,
                "DSQL_CLUSTER_ARN": database.cluster.arn,
                "DSQL_CLUSTER_ID": database.cluster.identifier,
                "DSQL_DATABASE": DATABASE,
                "DSQL_DATABASE_ROLE": DATABASE_ROLE,
                "INTERNAL_SECRET_ARN": self.secret.arn,
            },
            timeout=Duration.seconds(
                15
            ),  # 5 s for the query, 6 s for the secret, the rest to start
            memory_mb=1024,
            name="vela-api",
        )
        self.secret.grant_read(api.role)
        database.cluster.grant_connect(api.role)
        self._map_database_role(api)
        self.http_api = HttpApi(self, "HttpApi", name="vela", function=api.function)

    def _map_database_role(self, api: IsolatedFunction) -> None:
        maker = self._function(
            "RoleMapping",
            handler="vela.api.role_mapping.handler",
            environment={},  # cluster and role are properties of the resource
            timeout=PATIENCE,
            memory_mb=512,
        )
        mapped = DatabaseRole(
            self,
            "DatabaseRole",
            cluster=self._database.cluster,
            maker=maker,
            name=DATABASE_ROLE,
            iam_role=api.role,
        )
        # A replaced IAM role is mapped before the function takes it up, and a function whose mapping
        # changed starts anew: an open connection would hide for most of an hour that it is gone.
        api.function.add_environment("DSQL_ROLE_MAPPING", mapped.mapping_id)

    def _function(
        self,
        id_: str,
        *,
        handler: str,
        environment: dict[str, str],
        timeout: Duration,
        memory_mb: int,
        name: str | None = None,
    ) -> IsolatedFunction:
        database = self._database
        return IsolatedFunction(
            self,
            id_,
            vpc=database.network.vpc,
            security_group=database.api_security_group,
            bundle=self._bundle,
            handler=handler,
            environment={
                # What stands in the way when the cluster cannot be reached; only named in errors.
                "DSQL_VPC_ENDPOINT_ID": database.endpoint.endpoint_id,
                "DSQL_SECURITY_GROUP_ID": database.endpoint.security_group.security_group_id,
                **environment,
            },
            timeout=timeout,
            memory_mb=memory_mb,
            name=name,
        )
