"""Facts of an account in which nothing is wrong, deployed with a domain of its own.

Every test of a check changes one thing of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from vela.ops.facts.aliases import Aliases, DistributionFact
from vela.ops.facts.bootstrap import Bootstrap
from vela.ops.facts.certificate import Certificate
from vela.ops.facts.clusters import ClusterFact, Clusters, Protection, Quota
from vela.ops.facts.dns import Answer, Dns, LeadsTo
from vela.ops.facts.drift import StackDrift
from vela.ops.facts.facts import Facts
from vela.ops.facts.identity import Identity
from vela.ops.facts.machine import Machine
from vela.ops.facts.permissions import Permissions
from vela.ops.facts.planned import Planned
from vela.ops.facts.region import Region
from vela.ops.facts.retained import Holding, Kind, RetainedFact
from vela.ops.facts.stacks import ResourceFact, StackFact
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.target import Target

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "123456789012"
DOMAIN = "www.example.com"
OURS = "d111111abcdef8.cloudfront.net"
OTHER = "d222222abcdef8.cloudfront.net"
ARN = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0a1b"
BUCKET = f"vela-web-{ACCOUNT}"

TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "DatabaseStack": {
        "Resources": {
            "Cluster": {
                "Type": "AWS::DSQL::Cluster",
                "Properties": {"DeletionProtectionEnabled": True},
            },
            "Profiles": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {"TableName": "vela-profiles"},
                "DeletionPolicy": "Retain",
            },
        }
    },
    "ApiStack": {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
            "Mapping": {"Type": "Custom::DsqlDatabaseRole", "Properties": {}},
        }
    },
    "VelaStack": {
        "Resources": {
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": BUCKET},
                "DeletionPolicy": "RetainExceptOnCreate",
            },
            "Front": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {"DistributionConfig": {"Aliases": [DOMAIN]}},
            },
        }
    },
}

CLUSTER = ClusterFact(
    identifier="aaaa",
    arn=f"arn:aws:dsql:us-east-1:{ACCOUNT}:cluster/aaaa",
    status="ACTIVE",
    protected=True,
    tags={"Project": "vela"},
)
FRONT = DistributionFact(id="E1", domain_name=OURS, aliases=(DOMAIN,), certificate=ARN)
CERTIFICATE = Certificate(
    arn=ARN, status="ISSUED", names=("*.example.com",), expires=NOW + timedelta(days=200)
)
DNS = Dns(
    domain=DOMAIN,
    answer=Answer(name=DOMAIN, chain=(OURS,), addresses=("192.0.2.1",)),
    sibling=Answer(name="vela-0.example.com"),
    leads_to=LeadsTo.OURS,
    distribution=OURS,
)


def stack(name: str, **resources: ResourceFact) -> StackFact:
    return StackFact(name=name, status="UPDATE_COMPLETE", changed=NOW, resources=resources)


STACKS = {
    "CDKToolkit": stack("CDKToolkit"),
    "DatabaseStack": stack(
        "DatabaseStack",
        Cluster=ResourceFact("AWS::DSQL::Cluster", "aaaa", "CREATE_COMPLETE"),
        Profiles=ResourceFact("AWS::DynamoDB::Table", "vela-profiles", "CREATE_COMPLETE"),
    ),
    "ApiStack": stack("ApiStack"),
    "VelaStack": stack(
        "VelaStack",
        Bucket=ResourceFact("AWS::S3::Bucket", BUCKET, "CREATE_COMPLETE"),
        Front=ResourceFact("AWS::CloudFront::Distribution", "E1", "CREATE_COMPLETE"),
    ),
}

HELD_BUCKET = RetainedFact(
    kind=Kind.BUCKET,
    name=BUCKET,
    state=Holding.OWNED,
    logical_id="Bucket",
    stack="VelaStack",
    owner="VelaStack",
    adoptable=True,
)
HELD_TABLE = RetainedFact(
    kind=Kind.TABLE,
    name="vela-profiles",
    state=Holding.OWNED,
    logical_id="Profiles",
    stack="DatabaseStack",
    owner="DatabaseStack",
    adoptable=True,
)
PLANNED = Planned(
    templates=TEMPLATES,
    bucket=BUCKET,
    tables=("vela-profiles",),
    domain=DOMAIN,
    certificate=ARN,
    stage="production",
    attached=True,
    schema=55,
    bootstrap_needed=6,
)

HEALTHY = Facts(
    target=Target.AWS,
    now=NOW,
    machine=Machine(
        python=(3, 13, 1), node=(22, 4, 0), cdk=(2, 1148, 1), schema_read=55, schema_written=55
    ),
    identity=Identity(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/somebody"),
    region=Region(name="us-east-1", dsql=True),
    bootstrap=Bootstrap(version=30),
    stacks=STACKS,
    planned=PLANNED,
    retained=(HELD_BUCKET, HELD_TABLE),
    certificate=CERTIFICATE,
    aliases=Aliases(distributions=(FRONT,), ours="E1", domain=DOMAIN, conflicts=()),
    dns=DNS,
    clusters=Clusters(all=(CLUSTER,), ours="aaaa"),
    quota=Quota(used=1, limit=20),
    protection=Protection(now=True, planned=True),
    drift={"VelaStack": StackDrift(stack="VelaStack", status="IN_SYNC", checked=NOW)},
    permissions=Permissions(asked=13),
)


def unknown(cause: Cause) -> Unknown:
    return Unknown(reason="it said no", action="s3:ListAllMyBuckets", cause=cause)
