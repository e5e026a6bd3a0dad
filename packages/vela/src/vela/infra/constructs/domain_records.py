"""The DNS records that lead a domain to the distribution."""

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_route53 as route53
from constructs import Construct

#: Route 53's own id of every CloudFront distribution's zone.
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"


class DomainRecords(Construct):
    """The name's IPv4 and IPv6 records, in a hosted zone that is there already.

    They lead to the distribution whether or not it claims the name yet: CloudFront asks for that
    first where another distribution had it. They go before the distribution does.

    Args:
        scope: The stack.
        id_: A literal.
        zone_id: The Route 53 hosted zone.
        domain: The name.
        distribution: Where it leads.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        zone_id: str,
        domain: str,
        distribution: cloudfront.IDistribution,
    ) -> None:
        super().__init__(scope, id_)
        for kind in ("A", "AAAA"):
            route53.CfnRecordSet(
                self,
                kind,
                hosted_zone_id=zone_id,
                name=f"{domain}.",
                type=kind,
                alias_target=route53.CfnRecordSet.AliasTargetProperty(
                    dns_name=distribution.distribution_domain_name,
                    hosted_zone_id=CLOUDFRONT_ZONE,
                ),
            )
