"""Names and room that something else has: buckets, tables, functions, clusters."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from e2e.accounts import Account
from e2e.matrix.state import Set, Told

STRANGER = "210987654321"
KEYS = ("a.html", "deep/b.bin")
ITEM = {"user_id": {"S": "kept"}}
TABLE = {
    "TableName": "vela-profiles",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "user_id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "user_id", "KeyType": "HASH"}],
}


def bucket(*keys: str, public: bool = False) -> Set:
    """A bucket of an earlier deployment: it stays, and whatever comes of it keeps its objects."""

    @contextmanager
    def set_(account: Account) -> Iterator[None]:
        s3 = account.client("s3")
        s3.create_bucket(Bucket=account.bucket)
        for key in keys:
            s3.put_object(Bucket=account.bucket, Key=key, Body=key.encode())
        if public:
            s3.delete_public_access_block(Bucket=account.bucket)
        yield
        for key in keys:
            read = s3.get_object(Bucket=account.bucket, Key=key)["Body"].read()
            assert read == key.encode()

    return set_


@contextmanager
def bucket_of_another(account: Account) -> Iterator[None]:
    with account.switched(f"/buckets/{account.bucket}", {"account": STRANGER}):
        yield


@contextmanager
def bucket_elsewhere(account: Account) -> Iterator[None]:
    where = {"LocationConstraint": "eu-west-1"}
    s3 = account.client("s3")
    s3.create_bucket(Bucket=account.bucket, CreateBucketConfiguration=where)
    s3.put_object(Bucket=account.bucket, Key="kept", Body=b"kept")
    yield
    s3.delete_object(Bucket=account.bucket, Key="kept")
    s3.delete_bucket(Bucket=account.bucket)


@contextmanager
def table(account: Account) -> Iterator[None]:
    """A table of an earlier deployment, that a person deletes."""
    dynamodb = account.client("dynamodb")
    dynamodb.create_table(**TABLE)
    dynamodb.put_item(TableName=TABLE["TableName"], Item=ITEM)
    yield
    found = dynamodb.get_item(TableName=TABLE["TableName"], Key=ITEM)
    assert found["Item"] == ITEM
    dynamodb.delete_table(TableName=TABLE["TableName"])


@contextmanager
def table_of_production(account: Account) -> Iterator[Told]:
    """A protected table of an earlier deployment of production, taken in by the next."""
    dynamodb = account.client("dynamodb")
    dynamodb.create_table(**TABLE, DeletionProtectionEnabled=True)
    dynamodb.put_item(TableName=TABLE["TableName"], Item=ITEM)
    yield Told(context={"stage": "production"})
    assert dynamodb.get_item(TableName=TABLE["TableName"], Key=ITEM)["Item"] == ITEM


def other_stack(resource: Mapping[str, Any]) -> Set:
    @contextmanager
    def set_(account: Account) -> Iterator[None]:
        account.deployed("Older", {"Taken": resource})
        yield
        account.remove("Older")

    return set_


other_stacks_table = other_stack({"Type": "AWS::DynamoDB::Table", "Properties": TABLE})


@contextmanager
def other_stacks_bucket(account: Account) -> Iterator[None]:
    properties = {"BucketName": account.bucket}
    resource = {"Type": "AWS::S3::Bucket", "Properties": properties}
    with other_stack(resource)(account):
        yield


@contextmanager
def function(account: Account) -> Iterator[None]:
    """A function of an earlier deployment, that a person deletes."""
    functions, iam = account.client("lambda"), account.client("iam")
    with BytesIO() as buffer:
        with ZipFile(buffer, "w") as archive:
            archive.writestr("handler.py", "def handler(event, context): return {}")
        code = buffer.getvalue()
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName="older", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    functions.create_function(
        FunctionName="vela-api",
        Runtime="python3.13",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": code},
    )
    yield
    functions.delete_function(FunctionName="vela-api")
    iam.delete_role(RoleName="older")


def cluster(*, limit: int = 20, **tags: str) -> Set:
    @contextmanager
    def set_(account: Account) -> Iterator[None]:
        dsql = account.client("dsql")
        made = dsql.create_cluster(deletionProtectionEnabled=False, tags=tags)["identifier"]
        account.switch("PUT", "/quotas/clusters", {"limit": limit})
        yield
        account.switch("PUT", "/quotas/clusters", {"limit": 20})
        assert dsql.get_cluster(identifier=made)["status"] == "ACTIVE"
        dsql.delete_cluster(identifier=made)

    return set_
