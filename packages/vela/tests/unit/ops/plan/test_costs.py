"""What the planned resources cost each month."""

from vela.ops.plan.costs import PRICES, costs, total


def endpoint(kind, subnets):
    return {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {"VpcEndpointType": kind, "SubnetIds": subnets},
    }


def test_an_interface_endpoint_is_paid_by_zone_and_hour_a_gateway_is_not():
    template = {
        "Resources": {
            "A": endpoint("Interface", ["1", "2"]),
            "B": endpoint("Interface", ["1", "2"]),
            "C": endpoint("Gateway", []),
        }
    }

    (line,) = costs([template])

    assert line.usd == 29.2  # 4 x 730 h x $0.01
    assert line.what == "2 x interface endpoint in 4 zones together"


def test_what_costs_nothing_before_use_is_a_line_that_says_what_use_costs():
    (line,) = costs([{"Resources": {"C": {"Type": "AWS::DSQL::Cluster"}}}])

    assert line.usd == 0
    assert "$8 per million DPU" in line.use


def test_the_dearest_line_comes_first_and_lines_add_up():
    resources = {
        "S": {"Type": "AWS::SecretsManager::Secret"},
        "E": endpoint("Interface", ["1"]),
    }

    lines = costs([{"Resources": resources}])

    assert [line.usd for line in lines] == [7.3, 0.4]
    assert total(lines) == 7.7


def test_every_price_has_a_source_of_its_service():
    assert all(price.source.startswith("https://aws.amazon.com/") for price in PRICES)
    assert len({price.type for price in PRICES}) == len(PRICES)
