"""Gap: what a distribution needs before it may have an alternate domain name.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/troubleshooting-distributions.html
"""

import http.client
import json
import re
from urllib.parse import urlsplit

import pytest

TAKEN = "One or more of the CNAMEs you provided are already associated with a different resource."
LEADS_ELSEWHERE = (
    "One or more aliases specified for the distribution includes an incorrectly configured DNS "
    "record that points to another CloudFront distribution. You must update the DNS record to "
    "correct the problem."
)
STRANGER = {"account": "999988887777", "distribution": "E1STRANGER0001"}
ELSEWHERE = "d0elsewhere0001.cloudfront.net"


@pytest.fixture
def cloudfront(aws):
    return aws.client("cloudfront")


def template(*aliases, certificate=None, viewers="redirect-to-https"):
    config = {
        "Comment": "",
        "Enabled": True,
        "Aliases": list(aliases),
        "Origins": [
            {
                "Id": "pages",
                "DomainName": "nothing.s3.us-east-1.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ],
        "DefaultCacheBehavior": {
            "TargetOriginId": "pages",
            "ViewerProtocolPolicy": viewers,
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        },
    }
    if certificate:
        config["ViewerCertificate"] = {
            "AcmCertificateArn": certificate,
            "SslSupportMethod": "sni-only",
        }
    resource = {
        "Type": "AWS::CloudFront::Distribution",
        "Properties": {"DistributionConfig": config},
    }
    return {
        "Resources": {"Distribution": resource},
        "Outputs": {
            "Id": {"Value": {"Ref": "Distribution"}},
            "Host": {"Value": {"Fn::GetAtt": ["Distribution", "DomainName"]}},
        },
    }


@pytest.fixture
def failed(aws, fresh, wait_settled):
    """Create a stack that is to fail; return how it ended and the reasons of its failures."""

    def create(wanted):
        name, cloudformation = fresh(), aws.client("cloudformation")
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(wanted))
        status = wait_settled(cloudformation, name)
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return status, [
            event["ResourceStatusReason"]
            for event in events
            if event["ResourceStatus"] == "CREATE_FAILED" and "Reason" in str(event)
        ]

    return create


def wrapped(text, status):
    return re.compile(
        re.escape(
            'Resource handler returned message: "Invalid request provided: '
            f"AWS::CloudFront::Distribution: {text} (Service: CloudFront, Status Code: {status}, "
            "Request ID: "
        )
        + r"[0-9a-f-]{36}\)\" \(RequestToken: [0-9a-f-]{36}, HandlerErrorCode: InvalidRequest\)"
    )


def test_an_alias_of_another_distribution_of_the_account_rolls_the_stack_back(aws, failed, domain):
    with aws.deployed(template(domain.www, certificate=domain.certificate)):
        status, reasons = failed(template(domain.www, certificate=domain.certificate))

    assert status == "ROLLBACK_COMPLETE"
    assert any(wrapped(TAKEN, 409).search(reason) for reason in reasons), reasons


def test_an_alias_of_a_stranger_rolls_the_stack_back(control, failed, domain):
    control.set(f"/aliases/{domain.www}", STRANGER)

    status, reasons = failed(template(domain.www, certificate=domain.certificate))

    assert status == "ROLLBACK_COMPLETE"
    assert any(wrapped(TAKEN, 409).search(reason) for reason in reasons), reasons


@pytest.mark.parametrize("record", ["the name", "a wildcard"])
def test_a_name_that_leads_to_another_distribution_rolls_the_stack_back(
    control, failed, domain, record
):
    owner = domain.www if record == "the name" else f"*.{domain.zone}"
    control.set(f"/dns/{owner}", {"type": "CNAME", "values": [ELSEWHERE]})

    status, reasons = failed(template(domain.www, certificate=domain.certificate))

    assert status == "ROLLBACK_COMPLETE"
    assert any(wrapped(LEADS_ELSEWHERE, 409).search(reason) for reason in reasons), reasons


def test_a_name_that_leads_to_the_distribution_itself_is_taken_by_it(
    aws, control, cloudfront, domain
):
    control.set(f"/dns/*.{domain.zone}", {"type": "CNAME", "values": [ELSEWHERE]})
    with aws.deployed(template(certificate=domain.certificate)) as stack:
        # A record of the name's own hides the wildcard (RFC 4592).
        control.set(f"/dns/{domain.www}", {"type": "CNAME", "values": [stack.outputs["Host"]]})

        stack.update(template(domain.www, certificate=domain.certificate))

        found = cloudfront.get_distribution(Id=stack.outputs["Id"])["Distribution"]
        assert found["DistributionConfig"]["Aliases"]["Items"] == [domain.www]


def test_the_zones_of_route_53_say_where_a_name_leads(aws, control, failed, domain):
    route53 = aws.client("route53")
    made = route53.create_hosted_zone(Name=domain.zone, CallerReference=domain.zone)
    target = {
        "HostedZoneId": "Z2FDTNDATAQYW2",
        "DNSName": ELSEWHERE,
        "EvaluateTargetHealth": False,
    }
    record = {"Name": f"www.{domain.zone}", "Type": "A", "AliasTarget": target}
    route53.change_resource_record_sets(
        HostedZoneId=made["HostedZone"]["Id"],
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )
    # Outside Route 53 the name would lead nowhere: its domain.zone is asked, and nobody else.
    control.set(f"/dns/www.{domain.zone}", {"type": "A", "values": ["192.0.2.1"]})

    _status, reasons = failed(template(f"www.{domain.zone}", certificate=domain.certificate))
    answers = control.ask("GET", f"/dns/www.{domain.zone}")[1]["answers"]

    assert any(LEADS_ELSEWHERE in reason for reason in reasons)
    assert answers == [{"name": f"www.{domain.zone}", "kind": "CNAME", "value": ELSEWHERE}]


def test_a_name_follows_a_chain_and_an_existing_name_hides_the_wildcard(control, domain):
    control.set(f"/dns/*.{domain.zone}", {"type": "CNAME", "values": [f"edge.{domain.zone}"]})
    control.set(f"/dns/edge.{domain.zone}", {"type": "CNAME", "values": [ELSEWHERE]})
    control.set(f"/dns/below.held.{domain.zone}", {"type": "TXT", "values": ["here"]})

    def values(name):
        return [a["value"] for a in control.ask("GET", f"/dns/{name}")[1]["answers"]]

    assert values(f"www.{domain.zone}") == [f"edge.{domain.zone}", ELSEWHERE]
    assert values(f"held.{domain.zone}") == []
    assert values(f"other.held.{domain.zone}") == []
    control.unset(f"/dns/*.{domain.zone}")
    assert values(f"www.{domain.zone}") == []


def test_the_api_refuses_in_the_same_words(aws, control, cloudfront, domain):
    with aws.deployed(template(certificate=domain.certificate)) as stack:
        own = stack.outputs["Id"]
        got = cloudfront.get_distribution_config(Id=own)
        config = {**got["DistributionConfig"], "Aliases": {"Quantity": 1, "Items": [domain.www]}}
        control.set(f"/aliases/{domain.www}", STRANGER)

        with pytest.raises(cloudfront.exceptions.CNAMEAlreadyExists) as taken:
            cloudfront.update_distribution(Id=own, IfMatch=got["ETag"], DistributionConfig=config)
        control.unset(f"/aliases/{domain.www}")
        control.set(f"/dns/{domain.www}", {"type": "CNAME", "values": [ELSEWHERE]})
        with pytest.raises(cloudfront.exceptions.CNAMEAlreadyExists) as elsewhere:
            cloudfront.update_distribution(Id=own, IfMatch=got["ETag"], DistributionConfig=config)

    assert taken.value.response["Error"]["Message"] == TAKEN
    assert elsewhere.value.response["Error"]["Message"] == LEADS_ELSEWHERE
    assert elsewhere.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


CERTIFICATES = {
    "none": ("you must attach a trusted certificate", None),
    "pending": ("isn't valid", {"status": "PENDING_VALIDATION"}),
    "expired": ("isn't valid", {"status": "EXPIRED", "not_after": 1_700_000_000}),
}


@pytest.mark.parametrize("state", CERTIFICATES)
def test_an_alias_needs_a_certificate_that_is_issued(aws, control, failed, domain, state):
    text, change = CERTIFICATES[state]
    if change:
        control.set(f"/certificates/{domain.certificate.replace('/', '%2F')}", change)
        described = aws.client("acm").describe_certificate(CertificateArn=domain.certificate)
        assert described["Certificate"]["Status"] == change["status"]

    status, reasons = failed(
        template(domain.www, certificate=domain.certificate if change else None)
    )

    assert status == "ROLLBACK_COMPLETE"
    assert any(text in reason and "Status Code: 400" in reason for reason in reasons), reasons


def test_an_alias_needs_a_certificate_for_its_name(failed, domain):
    _status, reasons = failed(template(f"a.b.{domain.zone}", certificate=domain.certificate))

    assert any("doesn't cover the alternate domain name" in reason for reason in reasons)


def test_an_alias_needs_a_certificate_of_us_east_1(aws, failed, domain):
    elsewhere = aws.client("acm", region_name="eu-west-1")
    arn = elsewhere.request_certificate(DomainName=f"*.{domain.zone}", ValidationMethod="DNS")

    _status, reasons = failed(template(domain.www, certificate=arn["CertificateArn"]))

    assert any("isn't in us-east-1 region" in reason for reason in reasons)


def test_a_distribution_answers_at_its_alias_and_the_most_specific_wins(aws, domain):
    address = urlsplit(aws.running.endpoint_url)

    def status(host):
        """Ask over HTTP, which the one redirects and the other refuses."""
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
        headers = {"Host": host, "X-Forwarded-Proto": "http"}
        connection.request("GET", "/", headers=headers)
        answer = connection.getresponse()
        connection.close()
        return answer.status

    redirecting = template(f"*.{domain.zone}", certificate=domain.certificate)
    refusing = template(domain.www, certificate=domain.certificate, viewers="https-only")
    with aws.deployed(redirecting):
        before = status(domain.www)
        with aws.deployed(refusing):
            assert (before, status(domain.www), status(f"other.{domain.zone}")) == (301, 403, 301)
