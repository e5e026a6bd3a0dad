"""The domain's records, and the two steps in which a name is moved here."""

import pytest

from vela.ops.plan.difference import difference
from vela.ops.plan.situation import aliases, has_record, without_alias, without_record

RECORD = "AWS::Route53::RecordSet"


def test_a_hosted_zone_gets_the_names_two_records(assemblies):
    records = [r["Properties"] for r in assemblies("route53").resources(RECORD).values()]

    assert {r["Type"] for r in records} == {"A", "AAAA"}
    assert {r["Name"] for r in records} == {"www.example.com."}
    assert {r["HostedZoneId"] for r in records} == {"Z0123ABC"}


def test_the_records_lead_to_the_distribution_and_so_go_before_it(assemblies):
    template = assemblies("route53").template("VelaStack")
    (distribution,) = (
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudFront::Distribution"
    )

    for record in assemblies("route53").resources(RECORD).values():
        target = record["Properties"]["AliasTarget"]
        assert target["DNSName"] == {"Fn::GetAtt": [distribution, "DomainName"]}
        assert target["HostedZoneId"] == "Z2FDTNDATAQYW2"


def test_without_a_hosted_zone_there_is_no_record(assemblies):
    assert not has_record(assemblies("domain").template("VelaStack"))


@pytest.mark.parametrize("variant", ["domain", "route53"])
def test_a_name_claimed_later_keeps_its_certificate_and_its_record(assemblies, variant):
    now = assemblies(variant).template("VelaStack")
    later = assemblies(f"{variant}-later").template("VelaStack")

    assert aliases(now)
    assert not aliases(later)
    # What the planner derives is what the app synthesises.
    assert difference(without_alias(now), later) == ()


def test_leaving_out_the_hosted_zone_leaves_out_the_records_alone(assemblies):
    with_zone = assemblies("route53").template("VelaStack")

    assert difference(without_record(with_zone), assemblies("domain").template("VelaStack")) == ()
