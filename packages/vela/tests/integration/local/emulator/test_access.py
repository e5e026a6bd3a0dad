"""Gap: who may do what to the local cloud."""

import http.client
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

CALLS = {
    "sts": "get_caller_identity",
    "iam": "list_roles",
    "dynamodb": "list_tables",
    "cloudformation": "list_stacks",
    "lambda": "list_functions",
    "dsql": "list_clusters",
    "s3": "list_buckets",
}


@pytest.mark.parametrize(("service", "call"), CALLS.items())
@pytest.mark.parametrize("key", ["root", "test", "123456789012"])
def test_no_service_believes_a_key_without_its_secret(aws, service, call, key):
    running = aws.running
    stranger = boto3.client(
        service,
        endpoint_url=running.endpoint_url,
        region_name=running.region,
        aws_access_key_id=running.access_key_id if key == "root" else key,
        aws_secret_access_key="guessed",
    )

    with pytest.raises(
        stranger.exceptions.ClientError, match="signature we calculated does not match"
    ):
        getattr(stranger, call)()


def test_a_request_without_a_signature_is_refused(aws):
    running = aws.running
    nobody = boto3.client(
        "dynamodb",
        endpoint_url=running.endpoint_url,
        region_name=running.region,
        config=Config(signature_version=UNSIGNED),
    )

    with pytest.raises(nobody.exceptions.ClientError, match="MissingAuthenticationToken"):
        nobody.list_tables()


@pytest.mark.parametrize(
    "path", ["/_ministack/reset", "/_ministack/config", "/_localstack/health", "/_aws/ses"]
)
def test_the_emulator_is_not_administered_from_outside(aws, path):
    address = urlsplit(aws.running.endpoint_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    try:
        connection.request("POST", path, body=b"{}")

        assert connection.getresponse().status == 404
    finally:
        connection.close()
