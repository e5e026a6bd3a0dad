"""What a refused call becomes: a fact that is unknown, or one error that says what to do."""

import pytest
from unit.ops.scripted import at, error, scripted

from vela.errors import AccountUnusable
from vela.ops.account import Account
from vela.ops.facts.unknown import Cause, Unknown
from vela.ops.refusals import answered, known, required, unless

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens

REFUSALS = [
    ("AccessDenied", Cause.DENIED, "Allow"),
    ("ExpiredToken", Cause.NO_CREDENTIALS, "make up"),
    ("InvalidClientTokenId", Cause.NO_CREDENTIALS, "make up"),
    ("Throttling", Cause.THROTTLED, "Wait a minute"),
    ("InvalidAction", Cause.UNSUPPORTED, "AWS_ENDPOINT_URL"),
    ("SomethingNew", Cause.OTHER, "with the AWS CLI"),
]


@pytest.mark.parametrize(("code", "remedy"), [(code, remedy) for code, _, remedy in REFUSALS])
def test_a_refused_call_is_one_error_with_the_services_words_and_the_way_on(code, remedy):
    with (
        scripted(lambda service, *_: error(service, code)) as aws,
        pytest.raises(AccountUnusable) as raised,
        answered(aws.account),
    ):
        aws.cloudformation.describe_stacks()

    assert f"refused DescribeStacks: {code}: it said no" in raised.value.what
    assert remedy in raised.value.fix
    assert "goes on where it stopped" in raised.value.fix


@pytest.mark.parametrize(("code", "cause"), [(code, cause) for code, cause, _ in REFUSALS])
def test_a_refused_call_is_a_fact_unknown_for_its_cause(code, cause):
    with scripted(lambda service, *_: error(service, code)) as aws:
        told = known("cloudformation:DescribeStacks", aws.cloudformation.describe_stacks)

    assert isinstance(told, Unknown)
    assert told.cause is cause
    assert "it said no" in told.reason
    assert told.remedy


def test_nobody_listening_is_an_error_too():
    aws = at(NOBODY)

    with (
        pytest.raises(AccountUnusable, match="could not be asked") as raised,
        answered(aws.account),
    ):
        aws.cloudformation.describe_stacks()

    assert "vela status" in raised.value.fix


def test_on_aws_one_is_told_to_sign_in_again_and_not_to_start_anything():
    with (
        scripted(lambda service, *_: error(service, "ExpiredToken")) as aws,
        pytest.raises(AccountUnusable, match="Sign in again, then run the same command"),
        answered(Account(environment={})),
    ):
        aws.sts.get_caller_identity()


def test_what_a_command_cannot_do_without_is_required():
    unknown = Unknown(reason="no", action="s3:ListBucket", cause=Cause.DENIED)

    assert required("the list", ["a"]) == ["a"]
    with pytest.raises(AccountUnusable, match=r"the list is not known: no\. Allow `s3:ListBucket`"):
        required("the list", unknown)


def test_what_is_not_there_is_none_and_every_other_refusal_stays_one():
    codes = iter(["ParameterNotFound", "AccessDenied"])

    with scripted(lambda service, *_: error(service, next(codes))) as aws:
        absent = unless("ParameterNotFound", lambda: aws.ssm.get_parameter(Name="name"))
        with pytest.raises(AccountUnusable), answered(aws.account):
            unless("ParameterNotFound", lambda: aws.ssm.get_parameter(Name="name"))

    assert absent is None


@pytest.mark.parametrize(
    ("needs", "call", "refused"),
    [
        (
            "iam:GetRolePolicy",
            lambda aws: aws.iam.list_role_policies(RoleName="r"),
            "iam:ListRolePolicies",
        ),
        ("s3:ListBucket", lambda aws: aws.s3.list_objects_v2(Bucket="b"), "s3:ListBucket"),
        (
            "s3:GetObject",
            lambda aws: aws.s3.get_public_access_block(Bucket="b"),
            "s3:GetBucketPublicAccessBlock",
        ),
    ],
)
def test_of_several_calls_the_refused_one_is_named(needs, call, refused):
    with scripted(lambda service, *_: error(service, "AccessDenied", status=403)) as aws:
        told = known(needs, lambda: call(aws))

    assert isinstance(told, Unknown)
    assert told.action == refused
    assert told.remedy == f"Allow `{refused}`"
