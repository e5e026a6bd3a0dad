"""DatabaseStack: the network, the cluster and the tables."""

from aws_cdk import Environment, Stack
from constructs import Construct

from vela.infra.constructs.client_security_group import ClientSecurityGroup
from vela.infra.constructs.cluster import Cluster
from vela.infra.constructs.network import Network
from vela.infra.constructs.private_endpoint import PrivateEndpoint
from vela.infra.constructs.tables import Tables
from vela.infra.settings import InfraSettings

POSTGRES = 5432


class DatabaseStack(Stack):
    """Where the data are, and the only way to them."""

    def __init__(
        self, scope: Construct, id_: str, *, env: Environment, settings: InfraSettings
    ) -> None:
        self._zones = list(settings.zones)
        super().__init__(scope, id_, env=env, description="Vela: network, database and tables")
        self.network = Network(self, "Network", flow_logs=settings.keeps_data)
        self.cluster = Cluster(self, "Dsql", name="vela", keep=settings.keeps_data)
        self.tables = Tables(self, "Tables", keep=settings.keeps_data)
        self.endpoint = PrivateEndpoint(
            self,
            "DsqlEndpoint",
            vpc=self.network.vpc,
            service=self.cluster.endpoint_service,
            port=POSTGRES,
            description="Aurora DSQL endpoint: PostgreSQL from the API function",
        )
        self.api_security_group = ClientSecurityGroup(
            self, "ApiSecurityGroup", vpc=self.network.vpc
        ).group
        self.endpoint.admit(self.api_security_group, "PostgreSQL to Aurora DSQL")

    @property
    def availability_zones(self) -> list[str]:
        """Name the zones, so that synthesis need not ask AWS for them."""
        return self._zones
