"""Why CloudFormation failed, told by the event's own fields."""

import re

import pytest

from vela.ops.execute.failure import TEXTS, VALIDATIONS, FailedEvent, explain

HOOK = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To "
    "troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure "
    "information."
)


def conflict(type_, name):
    return FailedEvent(
        logical_id="Thing",
        physical_id=name,
        type=type_,
        reason=f"Resource of type '{type_}' with identifier '{name}' already exists.",
        validation="NAME_CONFLICT_VALIDATION",
    )


def test_a_bucket_that_exists_is_named_and_taken_in_by_the_next_deployment():
    why = explain("VelaStack", [conflict("AWS::S3::Bucket", "vela-web-1")], HOOK)

    assert "vela-web-1" in why.what
    assert "takes the bucket in with its objects" in why.fix


def test_cdks_own_bucket_is_taken_in_by_nothing():
    why = explain("CDKToolkit", [conflict("AWS::S3::Bucket", "cdk-assets-1")], HOOK)

    assert "cdk-assets-1" in why.what
    assert "aws s3 rb --force s3://cdk-assets-1" in why.fix


@pytest.mark.parametrize("type_", ["AWS::DynamoDB::Table", "AWS::Logs::LogGroup"])
def test_another_type_under_the_same_hook_is_another_cause(type_):
    why = explain("DatabaseStack", [conflict(type_, "vela-profiles")], HOOK)

    assert "bucket" not in why.what + why.fix
    assert "vela-profiles" in why.what


def test_a_hooks_name_alone_is_never_taken_for_a_bucket():
    why = explain("VelaStack", [], HOOK)

    assert "bucket" not in why.what + why.fix


def test_a_validation_that_is_not_known_is_told_in_its_own_words():
    event = FailedEvent(logical_id="Q", type="AWS::SQS::Queue", reason="is gone", validation="NEW")

    assert (
        explain("ApiStack", [event], HOOK).what == "Q (AWS::SQS::Queue) of ApiStack failed: is gone"
    )


def test_what_was_only_cancelled_is_not_the_cause():
    events = [
        FailedEvent(logical_id="A", reason="Resource creation cancelled"),
        FailedEvent(logical_id="B", type="T", reason="no such thing"),
    ]

    assert "B (T)" in explain("ApiStack", events, "").what


def test_the_two_refusals_of_an_alias_are_told_apart():
    prefix = "Invalid request provided: AWS::CloudFront::Distribution: "
    dns = explain(
        "VelaStack",
        [
            FailedEvent(
                reason=prefix + "One or more aliases specified for the distribution includes an "
                "incorrectly configured DNS record that points to another CloudFront distribution. "
                "You must update the DNS record to correct the problem."
            )
        ],
        "",
    )
    held = explain(
        "VelaStack",
        [
            FailedEvent(
                reason=prefix
                + "One or more of the CNAMEs you provided are already associated with a "
                "different resource."
            )
        ],
        "",
    )

    assert (dns.dns, held.dns) == (True, False)
    assert "DNS still leads" in dns.what
    assert "alternate name" in held.what


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ExpiredToken: The security token included in the request is expired", "expired"),
        ("Throttling: Rate exceeded", "throttled"),
        (
            "User: x is not authorized to perform: cloudformation:CreateChangeSet on",
            "CreateChangeSet",
        ),
        ("Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated", "somebody else"),
        ("Export A:B cannot be deleted as it is in use by ApiStack", "ApiStack uses"),
        ("connect ECONNREFUSED 127.0.0.1:443", "could not be reached"),
        ("Bucket named 'cdk-assets' exists, but we dont have access to it.", "cdk-assets may not"),
        (
            "Is account 1 bootstrapped? SSM parameter /cdk-bootstrap/hnb659fds/version not found",
            "bootstrapped",
        ),
    ],
)
def test_what_the_cdk_cli_says_is_understood_where_there_is_no_event(said, told):
    assert told in explain("VelaStack", [], said).what


def test_what_the_cdk_cli_was_refused_now_comes_before_what_failed_another_time():
    before = FailedEvent(logical_id="Q", type="AWS::SQS::Queue", reason="is gone")

    assert "expired" in explain("S", [before], "ExpiredToken: the token has expired").what
    assert "is gone" in explain("S", [before], "S failed").what


def test_only_a_stack_that_is_being_changed_is_called_busy():
    assert explain("S", [], "is in UPDATE_IN_PROGRESS state and can not be updated").busy
    assert not explain("S", [], "something else").busy


def test_every_row_can_be_told_and_has_its_evidence():
    assert all(row.what and row.fix for row in VALIDATIONS)
    assert all(row.what and row.fix for row in TEXTS)
    assert all(row.evidence.startswith("https://") for row in TEXTS)
    assert all(re.compile(row.pattern) for row in TEXTS)
