"""What the API functions may reach."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

HTTPS = 443
#: AWS's own list of Amazon S3's addresses in us-east-1, fixed; the gateway endpoint routes it.
S3_PREFIX_LIST = "pl-63a5400a"


class ClientSecurityGroup(Construct):
    """A group that nothing gets into, and that gets out to Amazon S3 and to whom endpoints admit.

    Amazon S3 takes the answers to CloudFormation. The rule is written inside the group: a group
    without a rule inside may be left with AWS's default one, which lets everything out.

    Args:
        scope: The stack.
        id_: A literal.
        vpc: Where it is used.

    """

    def __init__(self, scope: Construct, id_: str, *, vpc: ec2.IVpc) -> None:
        super().__init__(scope, id_)
        group = ec2.CfnSecurityGroup(
            self,
            "Group",
            vpc_id=vpc.vpc_id,
            group_description="API functions: out to their endpoints only",
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp",
                    from_port=HTTPS,
                    to_port=HTTPS,
                    destination_prefix_list_id=S3_PREFIX_LIST,
                    description="Answers to CloudFormation go to Amazon S3",
                )
            ],
        )
        self.group = ec2.SecurityGroup.from_security_group_id(
            self, "Rules", group.attr_group_id, allow_all_outbound=False
        )
