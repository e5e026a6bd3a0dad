"""Gap: a bucket that has a policy already.

A bucket has one policy, and none has a name that validation could find taken, so AWS refuses a
second one where it would be made, in the middle of a deployment:
https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1068. The emulator
writes over it.
"""

from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .replacement import expected

Properties = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Look for a policy before one is made."""
    expected(s3, "_bucket_policies")
    handler = expected(provisioners, "_RESOURCE_HANDLERS")["AWS::S3::BucketPolicy"]
    create = handler["create"]

    def created(logical_id: str, properties: Properties, stack: str) -> Any:
        bucket = properties.get("Bucket", "")
        if s3._bucket_policies.get(bucket):
            raise ValueError(
                'Resource handler returned message: "The bucket policy already exists on bucket '
                f'{bucket}." (RequestToken: {new_uuid()}, HandlerErrorCode: AlreadyExists)'
            )
        return create(logical_id, properties, stack)

    handler["create"] = created
