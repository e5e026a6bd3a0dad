"""Each check of a verification, passing, failing and not to be made."""

import pytest

from vela.ops.facts.stacks import ResourceFact, StackFact
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.verify import resources, website
from vela.ops.verify.report import Status
from vela.ops.verify.resources import Privacy
from vela.ops.verify.website import Page, Website

DENIED = Unknown(reason="not allowed", action="some:Action", cause=Cause.DENIED)
HTML = {"content-type": "text/html", **dict.fromkeys(website.PROMISED, "DENY")}
TEMPLATE = {
    "Resources": {
        "Headers": {
            "Type": "AWS::CloudFront::ResponseHeadersPolicy",
            "Properties": {
                "ResponseHeadersPolicyConfig": {
                    "SecurityHeadersConfig": {"FrameOptions": {"FrameOption": "DENY"}}
                }
            },
        }
    }
}


def site(**changes):
    page = Page(status=200, headers=HTML, body=b"page")
    moved = Page(status=301, headers={"location": "https://www.example.com/"})
    absent = Page(status=404, headers={"content-type": "application/json"})
    pages = {"page": page, "deep": page, "api": absent, "plain": moved}
    return Website(url="https://www.example.com", **{**pages, **changes})


def stacks(*types):
    made = {str(n): ResourceFact(t, f"id-{n}", "CREATE_COMPLETE") for n, t in enumerate(types)}
    return {"DatabaseStack": StackFact(name="DatabaseStack", status="x", resources=made)}


def test_the_website_as_it_is_to_be_passes():
    found = site()

    checks = [
        website.page(found, TEMPLATE),
        website.deep_link(found),
        website.api_404(found),
        website.redirect(found),
    ]

    assert {check.status for check in checks} == {Status.PASSED}
    assert website.domain_served(found).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        (website.deep_link, {"deep": Page(status=403)}),
        (website.deep_link, {"deep": Page(status=200, headers=HTML, body=b"other")}),
        (website.api_404, {"api": Page(status=200, headers=HTML, body=b"page")}),
        (website.api_404, {"api": Page(status=404, headers=HTML)}),
        (website.redirect, {"plain": Page(status=200, headers=HTML)}),
        (website.redirect, {"plain": Page(status=301, headers={"location": "http://x/"})}),
        (website.redirect, {"plain": Page(status=0, error="TimeoutError: timed out")}),
        (website.domain_served, {"domain": "a.example", "named": Page(status=403)}),
    ],
)
def test_a_website_that_answers_otherwise_fails(check, changes):
    assert check(site(**changes)).status is Status.FAILED


def test_a_header_that_differs_from_the_template_is_named():
    headers = {**HTML, "x-frame-options": "SAMEORIGIN"}
    found = website.page(site(page=Page(status=200, headers=headers)), TEMPLATE)

    assert found.status is Status.FAILED
    assert found.evidence == ("x-frame-options is 'SAMEORIGIN' instead of 'DENY'",)


@pytest.mark.parametrize("name", website.PROMISED)
def test_a_promised_header_is_missed_though_the_template_has_lost_its_policy(name):
    headers = {key: value for key, value in HTML.items() if key != name}
    found = website.page(site(page=Page(status=200, headers=headers)), {"Resources": {}})

    assert found.status is Status.FAILED
    assert found.evidence == (f"{name} is missing, which Vela promises",)


def test_only_an_active_cluster_passes():
    assert resources.cluster_active("ACTIVE").status is Status.PASSED
    assert resources.cluster_active("DELETING").status is Status.FAILED
    assert resources.cluster_active(DENIED).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("blocks", "public"), [({"a": True, "b": False}, False), ({"a": True, "b": True}, True)]
)
def test_a_bucket_with_one_way_in_is_public(blocks, public):
    found = Privacy(bucket="b", blocks=blocks, public_policy=public)

    assert resources.bucket_private(found).status is Status.FAILED


def test_a_closed_bucket_passes():
    found = Privacy(bucket="b", blocks={"a": True}, public_policy=False)

    assert resources.bucket_private(found).status is Status.PASSED


@pytest.mark.parametrize(
    "type_", ["AWS::RDS::DBInstance", "AWS::RedshiftServerless::Workgroup", "AWS::DSQL::Cluster"]
)
def test_a_second_database_in_the_stacks_fails(type_):
    found = resources.one_relational_database(stacks("AWS::DSQL::Cluster", type_), ())

    assert found.status is Status.FAILED


def test_a_second_database_with_the_platforms_tag_fails():
    arns = ("arn:aws:s3:::b", "arn:aws:rds:us-east-1:1:db:beside")
    found = resources.one_relational_database(stacks("AWS::DSQL::Cluster"), arns)

    assert found.evidence == ("arn:aws:rds:us-east-1:1:db:beside has the platform's tag",)


def test_an_alarm_fails_and_one_without_data_is_told_as_not_known():
    assert resources.alarms_ok({"a": "ALARM", "b": "OK"}).status is Status.FAILED
    waiting = resources.alarms_ok({"a": "INSUFFICIENT_DATA", "b": "OK"})
    assert waiting.status is Status.UNKNOWN
    assert not waiting.passing
    assert "a without data" in waiting.seen
    assert resources.alarms_ok({}).status is Status.NOT_APPLICABLE
