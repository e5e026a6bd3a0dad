"""Gap: `Custom::CDKBucketDeployment`.

CDK's function for it needs a Lambda layer with the AWS CLI, which only Lambda mounts. The type
is handled here instead, with the properties that CDK's own function takes:
https://github.com/aws/aws-cdk/tree/main/packages/@aws-cdk/custom-resource-handlers/lib/aws-s3-deployment
"""

import fnmatch
import io
import json
import mimetypes
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

from ministack.services import s3
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .replacement import expected

RESOURCE_TYPE = "Custom::CDKBucketDeployment"
Properties = dict[str, Any]
HTTP_OK = 200


def apply(_cloud: Cloud) -> None:
    """Register the resource type in the place of the Lambda call."""
    expected(s3, "_put_object", "bucket_name", "key", "body", "headers")
    expected(s3, "_delete_object", "bucket_name", "key", "headers", "query_params")
    expected(s3, "_get_object_data")
    handlers = expected(provisioners, "_RESOURCE_HANDLERS")
    handlers[RESOURCE_TYPE] = {"create": create, "update": update, "delete": delete}


def create(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    """Put the sources into the destination."""
    _deploy(properties)
    return f"aws.cdk.s3deployment.{uuid.uuid4()}", _attributes(properties)


def update(
    physical_id: str, old: Properties, new: Properties, _stack: str
) -> tuple[str, Properties]:
    """Put the new sources there; a destination that moved is emptied unless it is retained."""
    if _destination(old) != _destination(new):
        delete(physical_id, old)
    _deploy(new)
    return physical_id, _attributes(new)


def delete(_physical_id: str, properties: Properties) -> None:
    """Empty the destination, unless it is retained or gone already."""
    bucket, prefix = _destination(properties)
    if _flag(properties, "RetainOnDelete", default=True) or bucket not in s3._buckets:
        return
    for key in _keys_under(bucket, prefix):
        s3._delete_object(bucket, key)


def _deploy(properties: Properties) -> None:
    bucket, prefix = _destination(properties)
    system = dict(properties.get("SystemMetadata") or {})
    user = {
        f"x-amz-meta-{name}": value
        for name, value in (properties.get("UserMetadata") or {}).items()
    }
    kept = set()
    for name, content in _files(properties):
        if not _is_included(name, properties):
            continue
        guessed = mimetypes.guess_type(name)[0] or "binary/octet-stream"
        headers = {"content-type": guessed, **system, **user}
        status, _headers, body = s3._put_object(bucket, prefix + name, content, headers)
        if status != HTTP_OK:
            raise ValueError(f"s3://{bucket}/{prefix}{name} was not stored: {body!r}")
        kept.add(prefix + name)
    if _flag(properties, "Prune", default=True):
        for key in _keys_under(bucket, prefix):
            if key not in kept and _is_included(key.removeprefix(prefix), properties):
                s3._delete_object(bucket, key)


def _files(properties: Properties) -> Iterator[tuple[str, bytes]]:
    """Yield every file of every source with its markers replaced; a later source wins."""
    sources = zip(properties["SourceBucketNames"], properties["SourceObjectKeys"], strict=True)
    for index, (bucket, key) in enumerate(sources):
        archive = s3._get_object_data(bucket, key)
        if archive is None:
            raise ValueError(f"s3://{bucket}/{key} is not there: deploy the assets first")
        if not _flag(properties, "Extract", default=True):
            yield key.rsplit("/", 1)[-1], archive
            continue
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for member in opened.infolist():
                if not member.is_dir():
                    yield member.filename, _with_markers(opened.read(member), properties, index)


def _with_markers(content: bytes, properties: Properties, index: int) -> bytes:
    """Replace what the synthesis left open: values known at deployment only."""
    markers = _nth(properties.get("SourceMarkers"), index)
    escape = _flag(_nth(properties.get("SourceMarkersConfig"), index), "jsonEscape", default=False)
    for marker, value in markers.items():
        text = json.dumps(str(value))[1:-1] if escape else str(value)
        content = content.replace(marker.encode(), text.encode())
    return content


def _nth(values: list[Properties] | None, index: int) -> Properties:
    return values[index] if values and index < len(values) else {}


def _is_included(name: str, properties: Properties) -> bool:
    """Apply `Exclude`, then `Include`, as ``aws s3 sync`` does."""
    excluded = any(fnmatch.fnmatchcase(name, glob) for glob in properties.get("Exclude") or [])
    included = any(fnmatch.fnmatchcase(name, glob) for glob in properties.get("Include") or [])
    return included or not excluded


def _keys_under(bucket: str, prefix: str) -> list[str]:
    return [key for key in s3._buckets[bucket]["objects"] if key.startswith(prefix)]


def _destination(properties: Properties) -> tuple[str, str]:
    prefix = (properties.get("DestinationBucketKeyPrefix") or "").strip("/")
    return properties["DestinationBucketName"], f"{prefix}/" if prefix else ""


def _flag(properties: Properties, name: str, *, default: bool) -> bool:
    return str(properties.get(name, default)).lower() == "true"


def _attributes(properties: Properties) -> Properties:
    bucket = properties["DestinationBucketName"]
    return {
        "DestinationBucketArn": properties.get("DestinationBucketArn", f"arn:aws:s3:::{bucket}"),
        "SourceObjectKeys": properties["SourceObjectKeys"],
    }
