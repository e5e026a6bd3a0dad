"""Gap: what refuses to be deleted.

The emulator's CloudFormation deletes a bucket with its objects and a protected table. On AWS both
are refused, and the stack ends in DELETE_FAILED:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html (BucketNotEmpty),
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html
(deletion protection), and for a cluster
https://docs.aws.amazon.com/aurora-dsql/latest/APIReference/API_DeleteCluster.html.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb, s3
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .dsql_clusters import RESOURCE_TYPE as CLUSTER
from .replacement import expected
from .resource_failures import Refused

NOT_EMPTY = "The bucket you tried to delete is not empty"
PROTECTED_TABLE = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)
Properties = dict[str, Any]
CONFLICT, BAD_REQUEST = 409, 400


def apply(_cloud: Cloud) -> None:
    """Guard the deletion of buckets, tables and clusters."""
    expected(s3, "_bucket_has_versions", "name")
    expected(dynamodb, "_tables")
    _before_deletion("AWS::S3::Bucket", _require_empty)
    _before_deletion("AWS::DynamoDB::Table", _require_unprotected)
    handler = expected(provisioners, "_RESOURCE_HANDLERS")[CLUSTER]
    handler["delete"] = _worded(handler["delete"])


def _before_deletion(kind: str, require: Callable[[str], None]) -> None:
    handler = expected(provisioners, "_RESOURCE_HANDLERS")[kind]
    delete = handler["delete"]

    def deleted(physical_id: str, *rest: Any) -> None:
        require(physical_id)
        delete(physical_id, *rest)

    handler["delete"] = deleted


def _require_empty(name: str) -> None:
    bucket = s3._buckets.get(name)
    if bucket is not None and (bucket["objects"] or s3._bucket_has_versions(name)):
        raise Refused(NOT_EMPTY, service="S3", status=CONFLICT, code="GeneralServiceException")


def _require_unprotected(name: str) -> None:
    table = dynamodb._tables.get(name)
    if table is not None and str(table.get("DeletionProtectionEnabled")).lower() == "true":
        raise Refused(
            PROTECTED_TABLE, service="DynamoDb", status=BAD_REQUEST, code="InvalidRequest"
        )


def _worded(delete: Callable[[str, Properties], None]) -> Callable[[str, Properties], None]:
    """Say what the cluster's own refusal says, as CloudFormation shows it."""

    def deleted(identifier: str, properties: Properties) -> None:
        try:
            delete(identifier, properties)
        except ValueError as refused:
            raise Refused(
                str(refused), service="Dsql", status=BAD_REQUEST, code="InvalidRequest"
            ) from None

    return deleted
