"""Templates of the assets bucket, found by what they hold and not by when they were stored."""

import json
import re

import pytest
from unit.ops.scripted import Reply, error, scripted

from vela.errors import VelaError
from vela.ops.plan.change_set import digest
from vela.ops.plan.stored import AT_ONCE, find

WANTED = {"Resources": {"Thing": {"Type": "AWS::Logs::LogGroup"}}}
NEWER = AT_ONCE + 3


def listed():
    """One wanted template, an asset that is no template, a broken one, and many that are newer."""
    keys = ["wanted.json", "asset.zip", *(f"{n}.json" for n in range(NEWER))]
    return "".join(
        f"<Contents><Key>{key}</Key><Size>100</Size>"
        f"<LastModified>2026-11-22T12:{age:02}:00.000Z</LastModified></Contents>"
        for age, key in enumerate(keys)
    )


def bucket(_service, request, _body):
    if "list-type=2" in request:
        head = "<IsTruncated>false</IsTruncated>"
        return Reply(body=f"<ListBucketResult>{head}{listed()}</ListBucketResult>")
    wanted = re.search("/wanted.json", request)
    return Reply(body=json.dumps(WANTED, indent=1) if wanted else "no json")


def test_the_oldest_template_is_found_by_its_content():
    with scripted(bucket) as aws:
        found = find(aws, "assets", {digest(WANTED)})

    assert [(one.key, one.template) for one in found.values()] == [("wanted.json", WANTED)]


def test_what_is_not_kept_is_not_found():
    with scripted(bucket) as aws:
        assert find(aws, "assets", {"0" * 12}) == {}


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:GetObject"])
def test_a_refusal_names_the_permission(action):
    def refusing(service, request, body):
        listing = "list-type=2" in request
        refused = listing if action == "s3:ListBucket" else not listing
        return (
            error("s3", "AccessDenied", status=403) if refused else bucket(service, request, body)
        )

    with scripted(refusing) as aws, pytest.raises(VelaError, match=action) as told:
        find(aws, "assets", {digest(WANTED)})

    assert "Traceback" not in str(told.value)
