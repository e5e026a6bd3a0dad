"""Gap: whether a bucket's policy makes it public.

The emulator answers GetBucketPolicyStatus with a list of objects. What counts as public:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
(here: everybody is allowed something, and no condition narrows who).
"""

import json
from typing import Any

from ministack.services import s3

from .cloud import Cloud
from .replacement import expected, replace

Statement = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Answer GetBucketPolicyStatus."""
    expected(s3, "_bucket_policies")
    parameters = ("method", "bucket", "key", "headers", "body", "query_params")
    replace(s3, "_dispatch", parameters, _judging)


def _judging(dispatch: Any) -> Any:
    def dispatched(*arguments: Any) -> Any:
        method, bucket, key, _headers, _body, query = arguments
        if method == "GET" and bucket and not key and "policyStatus" in query:
            return status_of(bucket)
        return dispatch(*arguments)

    return dispatched


def status_of(bucket: str) -> Any:
    """Answer GetBucketPolicyStatus."""
    if bucket not in s3._buckets:
        return s3._no_such_bucket(bucket)
    policy = s3._bucket_policies.get(bucket)
    if not policy:
        message = "The bucket policy does not exist"
        return s3._error("NoSuchBucketPolicy", message, 404, f"/{bucket}")
    public = "true" if any(map(_is_public, _statements(policy))) else "false"
    status = f'<PolicyStatus xmlns="{s3.S3_NS}"><IsPublic>{public}</IsPublic></PolicyStatus>'
    return 200, {"Content-Type": "application/xml"}, status.encode()


def _statements(policy: str | bytes | Statement) -> list[Statement]:
    document = policy if isinstance(policy, dict) else json.loads(policy)
    statements = document.get("Statement", [])
    return [statements] if isinstance(statements, dict) else list(statements)


def _is_public(statement: Statement) -> bool:
    """Tell whether a statement allows everybody something under no condition."""
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    everybody = "*" in (named if isinstance(named, list) else [named])
    return statement.get("Effect") == "Allow" and everybody and not statement.get("Condition")
