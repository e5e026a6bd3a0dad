"""Gap: finding who has an alias, and taking it over.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/alternate-domain-names-move.html
"""

import uuid

import pytest

ACCOUNT, DISTRIBUTION = "999988887777", "E1STRANGER0001"
HIDDEN = {"account": "******887777", "distribution": "********ER0001"}


@pytest.fixture
def cloudfront(aws):
    return aws.client("cloudfront")


@pytest.fixture
def distribution(cloudfront):
    """Make a distribution with a certificate and aliases, by the API."""

    def make(certificate, *aliases):
        viewer = {"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only"}
        origin = {
            "Id": "pages",
            "DomainName": "nothing.s3.us-east-1.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        made = cloudfront.create_distribution(
            DistributionConfig={
                "CallerReference": uuid.uuid4().hex,
                "Comment": "",
                "Enabled": True,
                "Aliases": {"Quantity": len(aliases), "Items": list(aliases)},
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": {
                    "TargetOriginId": "pages",
                    "ViewerProtocolPolicy": "redirect-to-https",
                    "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                },
                **({"ViewerCertificate": viewer} if certificate else {}),
            }
        )
        return made["Distribution"]

    return make


def aliases_of(cloudfront, made):
    config = cloudfront.get_distribution(Id=made["Id"])["Distribution"]["DistributionConfig"]
    return config["Aliases"].get("Items", [])


def listed(cloudfront, made, alias):
    found = cloudfront.list_conflicting_aliases(DistributionId=made["Id"], Alias=alias)
    assert found["ConflictingAliasesList"]["Quantity"] == len(
        found["ConflictingAliasesList"].get("Items", [])
    )
    return found["ConflictingAliasesList"].get("Items", [])


def conflicts(cloudfront, made, alias):
    found = cloudfront.list_domain_conflicts(
        Domain=alias, DomainControlValidationResource={"DistributionId": made["Id"]}
    )
    return found["DomainConflicts"]


def test_nobody_has_a_free_alias(cloudfront, distribution, domain):
    ours = distribution(domain.certificate)

    assert listed(cloudfront, ours, domain.www) == conflicts(cloudfront, ours, domain.www) == []


def test_a_holder_of_the_account_is_named(aws, cloudfront, distribution, domain):
    holder, ours = distribution(domain.certificate, domain.www), distribution(domain.certificate)

    [found] = listed(cloudfront, ours, domain.www)
    [conflict] = conflicts(cloudfront, ours, domain.www)

    account = aws.running.account_id
    assert found == {"Alias": domain.www, "DistributionId": holder["Id"], "AccountId": account}
    assert (conflict["ResourceId"], conflict["AccountId"]) == (holder["Id"], account)
    assert (conflict["Domain"], conflict["ResourceType"]) == (domain.www, "distribution")


def test_a_stranger_is_hidden_and_overlapping_wildcards_are_listed(
    control, cloudfront, distribution, domain
):
    control.set(f"/aliases/*.{domain.zone}", {"account": ACCOUNT, "distribution": DISTRIBUTION})
    ours = distribution(domain.certificate)

    [found] = listed(cloudfront, ours, domain.www)
    [conflict] = conflicts(cloudfront, ours, domain.www)

    assert found == {
        "Alias": f"*.{domain.zone}",
        "DistributionId": HIDDEN["distribution"],
        "AccountId": HIDDEN["account"],
    }
    assert (conflict["ResourceId"], conflict["AccountId"]) == (
        HIDDEN["distribution"],
        HIDDEN["account"],
    )


def test_nothing_is_told_or_moved_without_a_certificate_for_the_name(
    cloudfront, distribution, domain
):
    holder, ours = distribution(domain.certificate, domain.www), distribution(None)
    target = {"DistributionId": ours["Id"]}

    with pytest.raises(cloudfront.exceptions.InvalidArgument):
        listed(cloudfront, ours, domain.www)
    with pytest.raises(cloudfront.exceptions.InvalidArgument):
        conflicts(cloudfront, ours, domain.www)
    with pytest.raises(cloudfront.exceptions.InvalidArgument):
        cloudfront.associate_alias(TargetDistributionId=ours["Id"], Alias=domain.www)
    with pytest.raises(cloudfront.exceptions.InvalidArgument):
        cloudfront.update_domain_association(Domain=domain.www, TargetResource=target)
    assert aliases_of(cloudfront, holder) == [domain.www]


def test_a_distribution_that_does_not_exist_is_told(cloudfront, domain):
    with pytest.raises(cloudfront.exceptions.NoSuchDistribution):
        cloudfront.list_conflicting_aliases(DistributionId="E0NONE", Alias=domain.www)
    with pytest.raises(cloudfront.exceptions.NoSuchDistribution):
        cloudfront.associate_alias(TargetDistributionId="E0NONE", Alias=domain.www)


def associate(cloudfront, made, alias):
    cloudfront.associate_alias(TargetDistributionId=made["Id"], Alias=alias)


def update_association(cloudfront, made, alias):
    etag = cloudfront.get_distribution(Id=made["Id"])["ETag"]
    target = {"DistributionId": made["Id"]}
    cloudfront.update_domain_association(Domain=alias, TargetResource=target, IfMatch=etag)


MOVES = [associate, update_association]


@pytest.mark.parametrize("move", MOVES)
def test_an_alias_moves_at_once_between_distributions_of_the_account(
    cloudfront, distribution, domain, move
):
    holder, ours = distribution(domain.certificate, domain.www), distribution(domain.certificate)

    move(cloudfront, ours, domain.www)

    assert (aliases_of(cloudfront, holder), aliases_of(cloudfront, ours)) == ([], [domain.www])


@pytest.mark.parametrize("move", MOVES)
def test_a_stranger_s_alias_moves_against_a_txt_record_and_only_if_disabled(
    control, cloudfront, distribution, domain, move
):
    stranger = {"account": ACCOUNT, "distribution": DISTRIBUTION}
    control.set(f"/aliases/{domain.www}", stranger)
    ours = distribution(domain.certificate)

    with pytest.raises(cloudfront.exceptions.IllegalUpdate) as without_record:
        move(cloudfront, ours, domain.www)
    control.set(f"/dns/_{domain.www}", {"type": "TXT", "values": [ours["DomainName"]]})
    with pytest.raises(cloudfront.exceptions.IllegalUpdate) as while_enabled:
        move(cloudfront, ours, domain.www)
    control.set(f"/aliases/{domain.www}", {**stranger, "enabled": False})
    move(cloudfront, ours, domain.www)

    assert without_record.value.response["Error"]["Message"] == (
        "Invalid or missing alias DNS TXT records."
    )
    assert while_enabled.value.response["Error"]["Message"] == (
        "Alias move is not allowed since the source distribution is enabled."
    )
    assert aliases_of(cloudfront, ours) == [domain.www]
    assert listed(cloudfront, ours, domain.www) == []
