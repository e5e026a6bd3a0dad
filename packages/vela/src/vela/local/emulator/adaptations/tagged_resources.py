"""Gap: finding what carries a tag.

The emulator's Resource Groups Tagging API passes over most of the services that Vela uses. With
these, GetResources finds whatever of a stack has outlived it:
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
(IAM's roles are not among what it finds on AWS either.)
"""

from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import acm, cloudwatch_logs, ec2, secretsmanager, tagging
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .replacement import expected

Tagged = tuple[str, list[dict[str, str]]]
# What EC2 calls a resource in its ARN, by the beginning of its id.
EC2_KINDS = {
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "subnet": "subnet",
    "sg": "security-group",
    "rtb": "route-table",
    "eni": "network-interface",
}


def apply(cloud: Cloud) -> None:
    """Register a collector for each service that has none."""
    collectors = expected(tagging, "_COLLECTORS")
    expected(ec2, "_tags")
    expected(acm, "_certificates")
    expected(cloudwatch_logs, "_log_groups")
    expected(secretsmanager, "_secrets")
    collectors.update(ec2=_of_ec2, acm=_of_acm, logs=_of_logs, secretsmanager=_of_secrets)
    collectors["dsql"] = lambda: _of_dsql(cloud)


def _listed(tags: Any) -> list[dict[str, str]]:
    found = provisioners._tag_map(tags)
    return [{"Key": str(key), "Value": str(value)} for key, value in found.items()]


def _of_ec2() -> Iterator[Tagged]:
    for identifier, tags in ec2._tags.items():
        if kind := EC2_KINDS.get(identifier.partition("-")[0]):
            yield (
                f"arn:aws:ec2:{get_region()}:{get_account_id()}:{kind}/{identifier}",
                _listed(tags),
            )


def _of_acm() -> Iterator[Tagged]:
    for arn, certificate in acm._certificates.items():
        yield arn, _listed(certificate.get("Tags"))


def _of_logs() -> Iterator[Tagged]:
    for group in cloudwatch_logs._log_groups.values():
        yield group["arn"].removesuffix(":*"), _listed(group.get("tags"))


def _of_secrets() -> Iterator[Tagged]:
    for secret in secretsmanager._secrets.values():
        yield secret["ARN"], _listed(secret.get("Tags"))


def _of_dsql(cloud: Cloud) -> Iterator[Tagged]:
    for listed in cloud.dsql.call("GET", "/cluster")["clusters"]:
        cluster = cloud.dsql.call("GET", f"/cluster/{listed['identifier']}")
        yield cluster["arn"], _listed(cluster.get("tags"))
