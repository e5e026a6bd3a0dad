"""The templates that CDK keeps in its assets bucket.

Law: a template is found by its content, whatever was stored when: the newest are looked at first, and no
more than it takes to find all that are asked for.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from vela.ops.aws import Aws
from vela.ops.plan.change_set import digest
from vela.ops.plan.situation import Template
from vela.ops.refusals import known, required, unless

#: So many are read between two looks whether all are found.
AT_ONCE = 32
#: CloudFormation takes no template above this (its quota "Template body size in an S3 object").
LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A template in the assets bucket."""

    key: str
    template: Template


def find(aws: Aws, bucket: str, digests: Collection[str]) -> Mapping[str, Stored]:
    """Find templates by their digests; one that is not kept is not in the answer."""
    listed = required(
        f"what the assets bucket {bucket} holds",
        known("s3:ListBucket", lambda: _listed(aws, bucket)),
    )
    keys = iter([key for _, key in sorted(listed, reverse=True)])
    found: dict[str, Stored] = {}
    with ThreadPoolExecutor(max_workers=8) as pool:
        while found.keys() != set(digests) and (batch := tuple(islice(keys, AT_ONCE))):
            read = zip(batch, pool.map(partial(_template, aws, bucket), batch), strict=True)
            found |= _wanted(read, digests)
    return found


def _wanted(
    read: Iterable[tuple[str, Template]], digests: Collection[str]
) -> Iterator[tuple[str, Stored]]:
    for key, template in read:
        if (told := digest(template)) in digests:
            yield told, Stored(key=key, template=template)


def _listed(aws: Aws, bucket: str) -> list[tuple[datetime, str]]:
    pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [
        (found["LastModified"], found["Key"])
        for page in pages
        for found in page.get("Contents", [])
        if found["Key"].endswith(".json") and found["Size"] <= LARGEST
    ]


def _template(aws: Aws, bucket: str, key: str) -> Template:
    def got() -> bytes:
        return aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    stored = known("s3:GetObject", lambda: unless("NoSuchKey", got))
    body = required(f"the template {key} of the assets bucket", stored)
    try:
        found: Any = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
