"""An AWS SDK drives the control endpoint as it drives the service."""

import asyncio
import threading
from typing import Any

import boto3
import pytest
from botocore.config import Config

from dsql_local.dialect.limits import Limits
from dsql_local.jobs.foreman import Foreman
from dsql_local.server.baselines import Baselines
from dsql_local.server.control import start_control
from dsql_local.server.registry import CLUSTER_QUOTA, Registry
from dsql_local.server.runtime import Runtimes
from dsql_local.server.unknown import UnknownStatements

SECRET = "the-secret"


@pytest.fixture
def deleted():
    return []


async def no_postgres(identifier):
    raise ConnectionRefusedError(identifier)


@pytest.fixture
def control_url(tmp_path, deleted):
    """A control endpoint in a thread of its own."""
    registry = Registry(tmp_path, region="us-east-1", account="111122223333")
    ready: Any = threading.Event()

    async def on_cluster_deleted(identifier):
        deleted.append(identifier)

    async def serve():
        ready.stop, ready.loop = asyncio.Event(), asyncio.get_running_loop()
        server = await start_control(
            registry,
            baselines=Baselines(no_postgres),
            runtimes=Runtimes(Limits(), foreman=Foreman(), socket_of=no_postgres),
            host="127.0.0.1",
            port=0,
            secret=SECRET,
            on_cluster_deleted=on_cluster_deleted,
            now=lambda: 1731001173.5,
            unknown=UnknownStatements(logged=False),
        )
        ready.port = server.port
        ready.set()
        try:
            await ready.stop.wait()
        finally:
            await server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield f"http://127.0.0.1:{ready.port}"
    finally:
        ready.loop.call_soon_threadsafe(ready.stop.set)
        thread.join()


@pytest.fixture
def client(control_url):
    """A DSQL client that also carries the bearer secret."""
    client = boto3.client(
        "dsql",
        region_name="us-east-1",
        endpoint_url=control_url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def add_secret(request, **_):
        request.headers["Authorization"] = f"Bearer {SECRET}"

    client.meta.events.register("before-send.dsql", add_secret)
    try:
        yield client
    finally:
        client.close()


def test_the_life_of_a_cluster(client, deleted):
    made = client.create_cluster(deletionProtectionEnabled=True, tags={"Name": "orders"})
    identifier, arn = made["identifier"], made["arn"]
    assert made["status"] == "CREATING"
    assert made["creationTime"].timestamp() == 1731001173.5

    client.get_waiter("cluster_active").wait(identifier=identifier)
    assert client.get_cluster(identifier=identifier)["tags"] == {"Name": "orders"}
    assert client.list_clusters()["clusters"] == [{"identifier": identifier, "arn": arn}]

    client.tag_resource(resourceArn=arn, tags={"team": "a b"})
    client.untag_resource(resourceArn=arn, tagKeys=["Name"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "a b"}

    private = client.get_vpc_endpoint_service_name(identifier=identifier)
    label = private["serviceName"].split(".")[3]
    assert private["clusterVpcEndpoint"] == f"{identifier}.{label}.us-east-1.on.aws"

    with pytest.raises(client.exceptions.ValidationException) as refused:
        client.delete_cluster(identifier=identifier)
    assert refused.value.response["reason"] == "deletionProtectionEnabled"
    assert deleted == []

    client.update_cluster(identifier=identifier, deletionProtectionEnabled=False)
    assert client.get_cluster(identifier=identifier)["deletionProtectionEnabled"] is False
    assert client.delete_cluster(identifier=identifier)["status"] == "DELETING"
    client.get_waiter("cluster_not_exists").wait(identifier=identifier)
    assert deleted == [identifier]


def test_errors_are_the_services_own(client):
    with pytest.raises(client.exceptions.ResourceNotFoundException) as absent:
        client.get_cluster(identifier="a" * 26)
    assert absent.value.response["resourceId"] == "a" * 26

    client.create_cluster(clientToken="t")
    with pytest.raises(client.exceptions.ConflictException):
        client.create_cluster(clientToken="t", tags={"a": "b"})

    with pytest.raises(client.exceptions.ValidationException) as invalid:
        client.create_cluster(policy="{}")
    assert invalid.value.response["reason"] == "other"


def test_the_quota_is_the_services_own(client):
    for _ in range(CLUSTER_QUOTA):
        client.create_cluster()

    with pytest.raises(client.exceptions.ServiceQuotaExceededException) as refused:
        client.create_cluster()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402


def test_lists_are_paged_as_the_sdk_pages(client):
    made = [client.create_cluster()["identifier"] for _ in range(5)]

    pages = client.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2})

    assert [[each["identifier"] for each in page["clusters"]] for page in pages] == [
        made[:2],
        made[2:4],
        made[4:],
    ]


def test_without_the_secret_the_sdk_is_refused(control_url):
    client = boto3.client(
        "dsql",
        region_name="us-east-1",
        endpoint_url=control_url,
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )

    with pytest.raises(client.exceptions.ClientError, match="UnauthorizedException"):
        client.list_clusters()
    client.close()
