"""What the CDK CLI asks of AWS, refused in the middle: one line with the cause, and the next run goes on."""

import time

import pytest
from e2e.mutation import described, edited

from vela.cli.deploy import DeployOptions, deploy
from vela.errors import StackBusy
from vela.ops.cdk import Cdk
from vela.ops.target import Target

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lifecycle"), pytest.mark.timeout(600)]

DEPLOY = ("deploy", "--count", "1", "--yes")
DESTROY = ("destroy", "--yes")

#: In an order in which each is still asked: what is stored once is not stored again.
REFUSED = [
    ("denials", "ssm:GetParameter", "Allow ssm:GetParameter"),
    ("denials", "s3:GetBucketLocation", "Allow s3:GetBucketLocation"),
    ("denials", "s3:PutObject", "Allow s3:PutObject"),
    ("expiries", "sts:AssumeRole", "Sign in again"),
    ("expiries", "s3:PutObject", "Sign in again"),
    ("denials", "cloudformation:CreateChangeSet", "Allow cloudformation:CreateChangeSet"),
    ("expiries", "cloudformation:CreateChangeSet", "Sign in again"),
    ("denials", "cloudformation:ExecuteChangeSet", "Allow cloudformation:ExecuteChangeSet"),
    ("expiries", "cloudformation:DescribeStackEvents", "Sign in again"),
]
REFUSED_WHILE_ENDING = [
    ("denials", "cloudformation:DeleteStack", "Allow cloudformation:DeleteStack"),
    ("expiries", "cloudformation:DeleteStack", "Sign in again"),
    ("expiries", "tag:GetResources", "Sign in again"),
]


def refused(account, how, action, *command):
    """The one line that the command ends with while the action is refused."""
    path = f"/{how}/{account.quoted(action)}"
    account.switch("PUT", path)
    try:
        done = account.vela(*command, check=False)
    finally:
        account.switch("DELETE", path)
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("vela: E"))
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    return line


def test_a_change_refused_at_each_call_is_made_by_the_next_run(account):
    account.vela(*DEPLOY)

    with edited(account.platform, "ApiStack", described("refused")):
        lines = {
            (how, action): refused(account, how, action, *DEPLOY) for how, action, _ in REFUSED
        }
        account.vela(*DEPLOY)
        planned = account.plan()

    for how, action, told in REFUSED:
        assert told in lines[how, action]
        assert "then run the same command" in lines[how, action]
    assert planned["steps"] == []


def test_a_destruction_refused_at_each_call_is_ended_by_the_next_run(account):
    account.vela(*DEPLOY)

    for how, action, told in REFUSED_WHILE_ENDING:
        assert told in refused(account, how, action, *DESTROY)
    account.vela(*DESTROY)

    assert account.stacks() == {}


def test_what_is_left_is_looked_for_even_where_nothing_is_deployed(account):
    account.vela(*DESTROY)
    dynamodb = account.client("dynamodb")
    dynamodb.create_table(
        TableName="left",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        Tags=[{"Key": "Project", "Value": "vela"}],
    )
    try:
        done = account.vela(*DESTROY, check=False)
    finally:
        dynamodb.delete_table(TableName="left")

    assert done.returncode == 1
    assert "E507" in done.stderr
    assert "table/left" in done.stderr


def test_who_began_to_change_a_stack_in_between_is_told_with_the_time(account, monkeypatch):
    account.vela(*DEPLOY)
    cloudformation = account.client("cloudformation")
    cdk = Cdk.deploy

    def too_late(self, stack, progress, *, arguments=()):
        account.switch("PUT", f"/stacks/{stack}/status", {"status": "UPDATE_IN_PROGRESS"})
        cdk(self, stack, progress, arguments=arguments)

    monkeypatch.setattr(Cdk, "deploy", too_late)
    monkeypatch.setenv(
        "VELA_HOME", str(account.platform.home)
    )  # part of the kept assembly's inputs
    began = time.strftime("since %Y-%m-%d", time.gmtime())
    options = DeployOptions(target=Target.LOCAL, context={}, count=1, yes=True)
    try:
        with (
            edited(account.platform, "ApiStack", described("too late")),
            pytest.raises(StackBusy) as raised,
        ):
            deploy(account.settings, options, command="vela deploy")
        status = cloudformation.describe_stacks(StackName="ApiStack")["Stacks"][0]["StackStatus"]
    finally:
        account.switch("PUT", "/stacks/ApiStack/status", {"status": "UPDATE_COMPLETE"})

    assert "ApiStack is being changed: UPDATE_IN_PROGRESS" in raised.value.what
    assert began in raised.value.what
    assert status == "UPDATE_IN_PROGRESS"
