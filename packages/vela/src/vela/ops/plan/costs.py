"""What the planned resources cost each month, by line.

Law: prices are rows of a dated table, each with its source; amounts follow from the templates alone.
What depends on use is a line without an amount that says what a unit costs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Template = Mapping[str, Any]

#: us-east-1, USD, without tax and without the free tiers of the first year.
PRICES_OF = "2026-11"
HOURS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit of *type* costs."""

    type: str
    unit: str
    usd: float
    source: str
    use: str = ""


PRICES: tuple[Price, ...] = (
    Price(
        type="AWS::EC2::VPCEndpoint",
        unit="interface endpoint, per zone and hour",
        usd=0.01,
        source="https://aws.amazon.com/privatelink/pricing/",
        use="and $0.01 per GB through them",
    ),
    Price(
        type="AWS::SecretsManager::Secret",
        unit="secret",
        usd=0.40,
        source="https://aws.amazon.com/secrets-manager/pricing/",
        use="and $0.05 per 10,000 reads; each running function reads it once a minute at most",
    ),
    Price(
        type="AWS::CloudWatch::Alarm",
        unit="alarm of one metric",
        usd=0.10,
        source="https://aws.amazon.com/cloudwatch/pricing/",
    ),
    Price(
        type="AWS::CloudFront::Distribution",
        unit="distribution",
        usd=0.0,
        source="https://aws.amazon.com/cloudfront/pricing/",
        use="1 TB and 10 million requests a month are free, then from $0.085 per GB",
    ),
    Price(
        type="AWS::DSQL::Cluster",
        unit="idle cluster",
        usd=0.0,
        source="https://aws.amazon.com/rds/aurora/dsql/pricing/",
        use="100,000 DPU and 1 GB a month are free, then $8 per million DPU and $0.33 per GB",
    ),
    Price(
        type="AWS::DynamoDB::Table",
        unit="table on demand",
        usd=0.0,
        source="https://aws.amazon.com/dynamodb/pricing/on-demand/",
        use="$0.25 per GB, and $0.20 per GB for point-in-time recovery; $0.625 per million writes",
    ),
    Price(
        type="AWS::Logs::LogGroup",
        unit="log group",
        usd=0.0,
        source="https://aws.amazon.com/cloudwatch/pricing/",
        use="$0.50 per GB written, $0.03 per GB kept for a month",
    ),
    Price(
        type="AWS::S3::Bucket",
        unit="bucket",
        usd=0.0,
        source="https://aws.amazon.com/s3/pricing/",
        use="$0.023 per GB",
    ),
    Price(
        type="AWS::Lambda::Function",
        unit="function",
        usd=0.0,
        source="https://aws.amazon.com/lambda/pricing/",
        use="$0.20 per million calls, $0.0000133334 per GB and second (Arm)",
    ),
    Price(
        type="AWS::ApiGatewayV2::Api",
        unit="HTTP API",
        usd=0.0,
        source="https://aws.amazon.com/api-gateway/pricing/",
        use="$1.00 per million requests",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One line of the estimate.

    Attributes:
        what: Is paid for, with how many there are.
        usd: A month, before any use.
        use: What use adds.
        source: Where the price is published.

    """

    what: str
    usd: float
    use: str
    source: str

    def as_json(self) -> dict[str, object]:
        """Give the fields as plain JSON types."""
        return asdict(self)


def costs(templates: Iterable[Template]) -> tuple[CostLine, ...]:
    """Estimate what *templates* cost each month, the dearest line first."""
    resources = [r for template in templates for r in template.get("Resources", {}).values()]
    lines = (_line(price, resources) for price in PRICES)
    return tuple(sorted((line for line in lines if line), key=lambda line: -line.usd))


def total(lines: Iterable[CostLine]) -> float:
    """Add the lines up."""
    return round(sum(line.usd for line in lines), 2)


def _line(price: Price, resources: list[Mapping[str, Any]]) -> CostLine | None:
    ours = [r.get("Properties", {}) for r in resources if r.get("Type") == price.type]
    if price.type == "AWS::EC2::VPCEndpoint":
        ours = [p for p in ours if p.get("VpcEndpointType") == "Interface"]
        units, per = sum(len(p.get("SubnetIds", ())) for p in ours), price.usd * HOURS
    else:
        units, per = len(ours), price.usd
    if not ours:
        return None
    zones = f" in {units} zones together" if units != len(ours) else ""
    what = f"{len(ours)} x {price.unit.split(',')[0]}{zones}"
    return CostLine(what=what, usd=round(units * per, 2), use=price.use, source=price.source)
