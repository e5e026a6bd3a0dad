"""What a deployment says of itself: the outputs of its stacks.

Law: CloudFormation is the only deployment state; nothing is read from files.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

from vela.errors import DeployFailed
from vela.ops.account import Account
from vela.ops.refusals import answered

STACKS = ("DatabaseStack", "ApiStack", "VelaStack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where the deployed platform is found.

    Attributes:
        website_url: The page, by CloudFront or the custom domain.
        front_url: The page, by CloudFront's own name.
        api_url: The HTTP API behind ``/api``.
        cluster_arn: The Aurora DSQL cluster.
        cluster_endpoint: The cluster's host inside the VPC.
        secret_arn: The secret whose holder is told the health-check's detail.
        own_url: The page by its own name, where *website_url* could not keep that.

    """

    website_url: str
    front_url: str
    api_url: str
    cluster_arn: str
    cluster_endpoint: str
    secret_arn: str
    own_url: str | None = None

    @classmethod
    def parse(cls, outputs: Mapping[str, str]) -> "Outputs":
        """Take the values by their names in the stacks."""
        try:
            return cls(
                website_url=outputs["WebsiteURL"],
                front_url=f"https://{outputs['CloudFrontDomain']}",
                api_url=outputs["ApiURL"],
                cluster_arn=outputs["DsqlClusterArn"],
                cluster_endpoint=outputs["DsqlEndpoint"],
                secret_arn=outputs["InternalSecretArn"],
            )
        except KeyError as error:
            raise DeployFailed(
                f"the deployed stacks have no output {error}",
                "Deploy again: `vela deploy`, or `make up` for this machine",
            ) from error

    def at(self, address: Callable[[str], str]) -> "Outputs":
        """Give the same outputs with their URLs where *address* says they are reached.

        A name of one's own is not reached there: what it leads to is.
        """
        front, own = address(self.front_url), address(self.website_url)
        unreached = own == self.website_url
        return replace(
            self,
            website_url=front if unreached else own,
            own_url=self.website_url if unreached else None,
            front_url=front,
            api_url=address(self.api_url),
        )

    def as_json(self) -> dict[str, object]:
        """Give the fields as plain JSON types."""
        return asdict(self)


def read(account: Account) -> Outputs:
    """Read the outputs of the three stacks."""
    found: dict[str, str] = {}
    with answered(account):
        for page in account.cloudformation().get_paginator("describe_stacks").paginate():
            for stack in page["Stacks"]:
                if stack["StackName"] in STACKS:
                    found |= {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
    return Outputs.parse(found)
