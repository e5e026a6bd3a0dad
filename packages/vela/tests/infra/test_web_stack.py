import pytest
from aws_cdk.assertions import Match

from vela.ops.plan.difference import difference
from vela.ops.plan.situation import adopting, has_bucket_by_name_alone
from vela.ops.verify.website import PROMISED, expected_headers

# Managed policies of CloudFront have the same ids in every account.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def only(found):
    (one,) = found.values()
    return one["Properties"]


@pytest.fixture
def distribution(development):
    return only(development.resources("AWS::CloudFront::Distribution"))["DistributionConfig"]


def test_the_buckets_name_is_a_literal_and_it_outlives_its_stack_in_every_stage(every):
    (bucket,) = every.resources("AWS::S3::Bucket").values()

    # What CloudFormation asks for to take an existing bucket in.
    assert bucket["Properties"]["BucketName"] == "vela-web-000000000000"
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert bucket["UpdateReplacePolicy"] == "Retain"


def test_a_bucket_that_is_taken_in_is_told_by_its_name_alone(assemblies, development):
    template = assemblies("adopting").template("VelaStack")

    assert has_bucket_by_name_alone(template)
    # What the planner derives is what the app synthesises.
    assert difference(adopting(development.template("VelaStack")), template) == ()


def test_the_bucket_is_private_encrypted_and_refuses_plain_http(development):
    bucket = only(development.resources("AWS::S3::Bucket"))
    policy = only(development.resources("AWS::S3::BucketPolicy"))["PolicyDocument"]["Statement"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert "BucketEncryption" in bucket
    assert {"Bool": {"aws:SecureTransport": "false"}} in [
        statement.get("Condition") for statement in policy if statement["Effect"] == "Deny"
    ]


def test_only_this_distribution_may_read_the_bucket(development):
    policy = only(development.resources("AWS::S3::BucketPolicy"))["PolicyDocument"]["Statement"]
    (allowed,) = [statement for statement in policy if statement["Effect"] == "Allow"]

    assert allowed["Action"] == "s3:GetObject"
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "AWS:SourceArn" in allowed["Condition"]["StringEquals"]


def test_pages_come_from_the_bucket_by_origin_access_control(development, distribution):
    origin = next(o for o in distribution["Origins"] if "S3OriginConfig" in o)
    control = only(development.resources("AWS::CloudFront::OriginAccessControl"))

    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    assert "OriginAccessControlId" in origin
    assert control["OriginAccessControlConfig"] | {"Name": ""} == {
        "Name": "",
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": "always",
        "SigningProtocol": "sigv4",
    }


def test_pages_are_cached_and_http_is_redirected(distribution):
    pages = distribution["DefaultCacheBehavior"]

    assert pages["CachePolicyId"] == CACHING_OPTIMIZED
    assert pages["ViewerProtocolPolicy"] == "redirect-to-https"
    assert pages["AllowedMethods"] == ["GET", "HEAD"]
    assert [f["EventType"] for f in pages["FunctionAssociations"]] == ["viewer-request"]
    assert distribution["DefaultRootObject"] == "index.html"


def test_the_api_is_passed_on_uncached_by_any_method_over_https_only(distribution):
    (api,) = distribution["CacheBehaviors"]
    origin = next(o for o in distribution["Origins"] if o["Id"] == api["TargetOriginId"])

    assert api["PathPattern"] == "/api/*"
    assert api["CachePolicyId"] == CACHING_DISABLED
    assert api["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER
    assert api["ViewerProtocolPolicy"] == "https-only"
    assert len(api["AllowedMethods"]) == 7
    assert "FunctionAssociations" not in api
    assert origin["CustomOriginConfig"] == {
        "OriginProtocolPolicy": "https-only",
        "OriginSSLProtocols": ["TLSv1.2"],
    }


def test_both_ways_carry_the_security_headers(development, distribution):
    policy = only(development.resources("AWS::CloudFront::ResponseHeadersPolicy"))
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert {name for name, _ in expected_headers(development.template("VelaStack"))} >= set(
        PROMISED
    )
    ways = [distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]]

    assert all(set(way["ResponseHeadersPolicyId"]) == {"Ref"} for way in ways)
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 365 * 86400
    assert headers["ContentTypeOptions"] == {"Override": True}
    assert headers["FrameOptions"]["FrameOption"] == "DENY"
    assert headers["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
    sources = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert "default-src 'none'" in sources
    assert "unsafe" not in sources


def test_without_a_domain_cloudfronts_own_certificate_serves(distribution):
    assert "Aliases" not in distribution
    assert "ViewerCertificate" not in distribution


def test_with_a_domain_its_certificate_serves_tls_1_2_of_2021(assemblies):
    config = only(assemblies("domain").resources("AWS::CloudFront::Distribution"))
    config = config["DistributionConfig"]

    assert config["Aliases"] == ["www.example.com"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["ViewerCertificate"]["SslSupportMethod"] == "sni-only"
    outputs = assemblies("domain").template("VelaStack")["Outputs"]
    assert outputs["WebsiteURL"]["Value"] == "https://www.example.com"


def test_a_certificate_without_a_domain_is_attached_and_claims_no_name(assemblies):
    config = only(assemblies("certificate").resources("AWS::CloudFront::Distribution"))
    config = config["DistributionConfig"]

    assert "Aliases" not in config
    assert config["ViewerCertificate"]["AcmCertificateArn"].startswith("arn:aws:acm:us-east-1:")


def test_the_files_replace_the_old_ones_and_every_cache_forgets_them(development):
    development.assertions("VelaStack").has_resource_properties(
        "Custom::CDKBucketDeployment",
        {
            "Prune": False,
            "RetainOnDelete": True,
            "DistributionPaths": ["/*"],
            "SystemMetadata": {"cache-control": Match.string_like_regexp("must-revalidate")},
        },
    )


def test_the_deployed_files_are_those_of_web_without_dotfiles(development, project):
    asset = next(path.parent for path in development.directory.glob("asset.*/index.html"))
    deployed = {p.relative_to(asset).as_posix(): p.read_bytes() for p in asset.rglob("*.*")}
    kept = {
        p.relative_to(project / "web").as_posix(): p.read_bytes()
        for p in (project / "web").rglob("*.*")
        if not p.name.startswith(".")
    }

    assert deployed == kept


def test_the_outputs_say_where_everything_is(development):
    outputs = development.template("VelaStack")["Outputs"]

    assert outputs.keys() == {
        "WebsiteURL",
        "CloudFrontDomain",
        "DistributionId",
        "WebsiteBucket",
        "ApiURL",
        "InternalSecretArn",
        "DsqlClusterArn",
        "DsqlEndpoint",
        "DsqlPublicEndpoint",
    }
