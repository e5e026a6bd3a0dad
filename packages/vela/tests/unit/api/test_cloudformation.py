import json
from typing import Any

import pytest

from vela.api.cloudformation import Answer, ResourceRequest
from vela.errors import SettingsError

EVENT: dict[str, Any] = {
    "RequestType": "Update",
    "RequestId": "request-1",
    "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/ApiStack/1",
    "ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/x?Signature=s1gn",
    "ResourceType": "Custom::DsqlDatabaseRole",
    "LogicalResourceId": "DatabaseRole",
    "PhysicalResourceId": "old",
    "ResourceProperties": {"DatabaseRole": "vela_api"},
    "OldResourceProperties": {"DatabaseRole": "other"},
}


def test_an_event_of_cloudformation_becomes_a_request():
    request = ResourceRequest.parse(EVENT)

    assert (request.type, request.physical_id) == ("Update", "old")
    assert request.properties == {"DatabaseRole": "vela_api"}


@pytest.mark.parametrize(
    "change",
    [
        {"RequestType": "Read"},
        {"RequestType": None},
        {"ResponseURL": "file:///etc/passwd"},
        {"ResponseURL": 7},
    ],
)
def test_an_event_of_nobody_elses_is_refused(change):
    with pytest.raises(SettingsError):
        ResourceRequest.parse(EVENT | change)


@pytest.mark.parametrize("missing", ["RequestType", "ResponseURL", "StackId", "RequestId"])
def test_a_missing_field_is_named(missing):
    event = {name: value for name, value in EVENT.items() if name != missing}

    with pytest.raises(SettingsError, match=missing):
        ResourceRequest.parse(event)


def test_the_presigned_url_does_not_show_in_a_representation():
    assert "s1gn" not in repr(ResourceRequest.parse(EVENT))


def test_a_success_carries_the_ids_cloudformation_matches_it_by():
    answer = Answer(physical_id="p").to(ResourceRequest.parse(EVENT))

    assert json.loads(answer) == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "p",
        "StackId": EVENT["StackId"],
        "RequestId": "request-1",
        "LogicalResourceId": "DatabaseRole",
    }


def test_a_failure_says_why_within_what_cloudformation_takes():
    answer = Answer(physical_id="p", failed="ü" * 9000).to(ResourceRequest.parse(EVENT))

    assert json.loads(answer)["Status"] == "FAILED"
    assert json.loads(answer)["Reason"].startswith("üü")
    assert len(answer) <= 4096
