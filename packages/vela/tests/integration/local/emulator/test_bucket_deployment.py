"""Gap: `Custom::CDKBucketDeployment`."""

import json
import uuid

import pytest


@pytest.fixture
def buckets(aws):
    """An asset bucket and a destination, emptied afterwards."""
    s3 = aws.client("s3")
    names = [f"{kind}-{uuid.uuid4().hex[:12]}" for kind in ("assets", "site")]
    for name in names:
        s3.create_bucket(Bucket=name)
    yield names
    for name in names:
        for stored in s3.list_objects_v2(Bucket=name).get("Contents", []):
            s3.delete_object(Bucket=name, Key=stored["Key"])
        s3.delete_bucket(Bucket=name)


def deployment(buckets, key, **properties):
    assets, site = buckets
    return {
        "Resources": {
            "Deployment": {
                "Type": "Custom::CDKBucketDeployment",
                "Properties": {
                    "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:unused",
                    "SourceBucketNames": [assets],
                    "SourceObjectKeys": [key],
                    "DestinationBucketName": site,
                    **properties,
                },
            }
        }
    }


def stored(aws, bucket):
    s3 = aws.client("s3")
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {o["Key"]: s3.get_object(Bucket=bucket, Key=o["Key"]) for o in found}


def put(aws, buckets, zip_of, key, files):
    aws.client("s3").put_object(Bucket=buckets[0], Key=key, Body=zip_of(files))


def test_files_arrive_with_their_content_type_and_the_system_metadata(aws, buckets, zip_of):
    put(aws, buckets, zip_of, "a.zip", {"index.html": "<p>", "js/app.js": "1", "data": "x"})
    wanted = deployment(buckets, "a.zip", SystemMetadata={"cache-control": "no-cache"})

    with aws.deployed(wanted):
        found = stored(aws, buckets[1])

    assert {k: v["ContentType"] for k, v in found.items()} == {
        "index.html": "text/html",
        "js/app.js": "text/javascript",
        "data": "binary/octet-stream",
    }
    assert {v["CacheControl"] for v in found.values()} == {"no-cache"}


def test_what_a_new_source_lacks_is_pruned_unless_it_is_excluded(aws, buckets, zip_of):
    put(aws, buckets, zip_of, "a.zip", {"old.html": "1", "kept.html": "1"})
    put(aws, buckets, zip_of, "b.zip", {"kept.html": "2"})
    aws.client("s3").put_object(Bucket=buckets[1], Key="theirs.txt", Body=b"x")

    with aws.deployed(deployment(buckets, "a.zip", Exclude=["theirs.*"])) as stack:
        stack.update(deployment(buckets, "b.zip", Exclude=["theirs.*"]))
        found = stored(aws, buckets[1])

    assert set(found) == {"kept.html", "theirs.txt"}
    assert found["kept.html"]["Body"].read() == b"2"


def test_nothing_is_pruned_that_may_stay(aws, buckets, zip_of):
    put(aws, buckets, zip_of, "a.zip", {"a": "1"})
    put(aws, buckets, zip_of, "b.zip", {"b": "2"})

    with aws.deployed(deployment(buckets, "a.zip", Prune=False)) as stack:
        stack.update(deployment(buckets, "b.zip", Prune=False))

        assert set(stored(aws, buckets[1])) == {"a", "b"}


def test_markers_become_the_values_of_the_deployment(aws, buckets, zip_of):
    text = json.dumps({"url": "<<marker>>"})
    put(aws, buckets, zip_of, "a.zip", {"config.json": text})
    wanted = deployment(
        buckets,
        "a.zip",
        SourceMarkers=[{"<<marker>>": 'say "hi"'}],
        SourceMarkersConfig=[{"jsonEscape": True}],
    )

    with aws.deployed(wanted):
        found = stored(aws, buckets[1])["config.json"]["Body"].read()

    assert json.loads(found) == {"url": 'say "hi"'}


def test_an_archive_is_copied_whole_on_request_and_below_a_prefix(aws, buckets, zip_of):
    put(aws, buckets, zip_of, "dir/a.zip", {"x": "1"})
    wanted = deployment(buckets, "dir/a.zip", Extract=False, DestinationBucketKeyPrefix="/down/")

    with aws.deployed(wanted):
        assert set(stored(aws, buckets[1])) == {"down/a.zip"}


def test_files_go_with_the_stack_only_if_they_are_not_retained(aws, buckets, zip_of):
    put(aws, buckets, zip_of, "a.zip", {"x": "1"})
    aws.deploy(deployment(buckets, "a.zip")).delete()
    after_retaining = set(stored(aws, buckets[1]))
    aws.deploy(deployment(buckets, "a.zip", RetainOnDelete=False)).delete()

    assert after_retaining == {"x"}
    assert stored(aws, buckets[1]) == {}


def test_a_missing_asset_fails_the_deployment(aws, buckets):
    with pytest.raises(AssertionError, match="is not there"):
        aws.deploy(deployment(buckets, "missing.zip"))
