"""Gap: nothing is acknowledged that is not saved."""

import json

import pytest
from botocore.config import Config

ONCE = Config(retries={"total_max_attempts": 1})
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}


@pytest.fixture
def services(shared_home):
    """The directory of the states; a test may take it away."""
    return shared_home.path / "data/emulator/services"


@pytest.fixture
def no_room(services):
    """No state can be written while this is in use."""
    aside = services.with_name("aside")

    class NoRoom:
        def __enter__(self):
            services.rename(aside)
            services.write_text("no directory, so nothing can be saved here")

        def __exit__(self, *_error):
            services.unlink()
            aside.rename(services)

    return NoRoom()


def test_what_cannot_be_saved_is_refused_and_works_again_once_it_can(aws, no_room, services):
    iam = aws.client("iam", config=ONCE)

    with no_room, pytest.raises(iam.exceptions.ClientError, match="cannot save its state"):
        iam.create_role(RoleName="unsaved", AssumeRolePolicyDocument="{}")
    iam.create_role(RoleName="saved", AssumeRolePolicyDocument="{}")

    assert "saved" in (services / "iam.json").read_text()
    for name in ("unsaved", "saved"):
        iam.delete_role(RoleName=name)


def test_a_stack_that_cannot_be_saved_is_not_reported_complete(aws, no_room, services):
    cloudformation = aws.client("cloudformation", config=ONCE)
    with no_room:
        with pytest.raises(cloudformation.exceptions.ClientError):
            cloudformation.create_stack(
                StackName="unsaved", TemplateBody=json.dumps({"Resources": {"Table": TABLE}})
            )
        with pytest.raises(cloudformation.exceptions.ClientError, match="cannot save its state"):
            cloudformation.describe_stacks(StackName="unsaved")

    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="unsaved", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    assert "unsaved" in (services / "cloudformation.json").read_text()
    cloudformation.delete_stack(StackName="unsaved")


def test_reading_saves_nothing(aws, services):
    aws.client("dynamodb").list_tables()
    before = {path.name: path.stat().st_mtime_ns for path in services.glob("*.json")}
    aws.client("dynamodb").list_tables()
    aws.client("iam").list_roles()
    aws.client("s3").list_buckets()

    assert {path.name: path.stat().st_mtime_ns for path in services.glob("*.json")} == before
