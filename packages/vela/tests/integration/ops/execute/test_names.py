"""The website's own name: it comes, is renamed and goes, and never strands a deployment."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from e2e.deployed import CHECKOUT, VELA

pytestmark = [
    pytest.mark.slow,
    pytest.mark.in_order,
    pytest.mark.xdist_group("lifecycle"),
    pytest.mark.timeout(600),
]

DEPLOY = ("deploy", "--count", "1", "--yes")
ELSEWHERE = "d111111abcdef8.cloudfront.net"
PROMPT = "make this DNS record now"


@pytest.fixture(scope="module")
def website(account) -> Iterator[Any]:
    """A deployed website; a name that tests have given it goes off again."""
    account.vela(*DEPLOY, "--domain", "")
    yield account
    account.vela(*DEPLOY, "--domain", "")


def named(account, name):
    """The options of a name, with a certificate that covers just this one."""
    made = account.client("acm").request_certificate(DomainName=name)
    return ("--domain", name, "--certificate", made["CertificateArn"])


def front(account):
    (found,) = account.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    return found


def aliases(account):
    return front(account)["Aliases"].get("Items", [])


def lead(account, name, target):
    account.switch("PUT", f"/dns/{name}", {"type": "CNAME", "values": [target]})


def deployed_with_a_person_at_dns(account, *arguments):
    """Deploy; when it asks for a record, make exactly the one it names."""
    command = [VELA, *DEPLOY, *arguments, "--target", "local"]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=account.platform.env(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            for line in process.stderr or ():
                if PROMPT in line:
                    name, _kind, target = line.rpartition("): ")[2].split()
                    lead(account, name, target)
            return process.wait()
        finally:
            process.kill()


def test_a_name_of_another_account_stops_before_the_website_is_touched(website):
    name = "held.example.net"
    held = {"account": "999988887777", "distribution": "E2HELD0000000"}
    website.switch("PUT", f"/aliases/{name}", held)
    lead(website, name, front(website)["DomainName"])
    wanted = named(website, name)

    stopped = website.vela(*DEPLOY, *wanted, check=False)
    told = website.vela("doctor", *wanted, check=False).stdout
    again = website.vela(*DEPLOY, *wanted, check=False)
    meanwhile = website.stacks()["VelaStack"]
    website.switch("DELETE", f"/aliases/{name}")
    website.vela(*DEPLOY, *wanted)

    assert stopped.returncode != 0
    assert "E506" in stopped.stderr
    assert "alias-in-conflict" in told
    assert again.returncode == 2
    assert "Traceback" not in stopped.stderr + again.stderr
    assert meanwhile == "UPDATE_COMPLETE"
    assert aliases(website) == [name]


def test_a_website_is_renamed_though_the_new_name_leads_elsewhere(website):
    new = "new.example.net"
    lead(website, new, ELSEWHERE)
    assert aliases(website)  # by the test before

    code = deployed_with_a_person_at_dns(website, *named(website, new))

    assert code == 0
    assert aliases(website) == [new]


def test_a_name_nobody_mentions_stays_until_somebody_says_that_it_goes(website):
    (name,) = aliases(website)  # by the test before

    forgotten = website.vela(*DEPLOY, check=False)
    unconfirmed = website.vela("deploy", "--domain", "", check=False)
    kept = aliases(website)
    website.vela(*DEPLOY, "--domain", "")

    assert (forgotten.returncode, unconfirmed.returncode) == (2, 2)
    assert f"--domain {name}" in forgotten.stderr
    assert "E504" in unconfirmed.stderr
    assert kept == [name]
    assert aliases(website) == []


def test_a_name_that_a_wildcard_leads_elsewhere_comes_here_by_itself(website):
    acm, route53 = website.client("acm"), website.client("route53")
    certificate = acm.request_certificate(DomainName="*.example.com")["CertificateArn"]
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    wildcard = {
        "Name": "*.example.com",
        "Type": "CNAME",
        "TTL": 60,
        "ResourceRecords": [{"Value": "d111111abcdef8.cloudfront.net"}],
    }
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": wildcard}]},
    )
    named = ("--domain", "www.example.com", "--certificate", certificate)
    here = (*named, "--hosted-zone", zone.removeprefix("/hostedzone/"))

    website.vela(*DEPLOY, *here)

    (front,) = website.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert front["Aliases"]["Items"] == ["www.example.com"]
    assert website.plan(*here)["steps"] == []
