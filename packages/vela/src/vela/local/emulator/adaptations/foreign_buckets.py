"""Gap: a bucket's name may be a stranger's.

Bucket names are one namespace of all accounts:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. The emulator keeps
that rule, and has no stranger. Routes: ``PUT`` and ``DELETE /buckets/{name}`` make and unmake a
bucket of another ``account`` in a ``region``.
"""

from ministack.core.responses import now_iso, request_scope
from ministack.services import s3

from . import durable_state
from .cloud import Cloud
from .local_control import Document, LocalControl, NotThere
from .replacement import expected


class ForeignBuckets:
    """Buckets of accounts that are not the local cloud's."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def put(self, name: str, document: Document) -> Document:
        """Make an empty bucket of a stranger's."""
        account, region = str(document["account"]), document.get("region", self._cloud.region)
        if account == self._cloud.account or s3._bucket_owner_account(name):
            raise ValueError(f"{name} exists, or {account} is the local cloud's own account")
        with request_scope(account, region):
            block = s3._new_bucket_public_access_block()
            s3._buckets[name] = {"created": now_iso(), "objects": {}, "region": region, **block}
        durable_state.save_services("s3")
        return {"account": account, "region": region}

    def delete(self, name: str) -> Document:
        """Unmake it."""
        account = s3._bucket_owner_account(name)
        if account in {None, self._cloud.account}:
            raise NotThere(f"no stranger has a bucket {name}")
        with request_scope(account, self._cloud.region):
            s3._buckets.pop(name)
        durable_state.save_services("s3")
        return {}


def apply(cloud: Cloud, control: LocalControl) -> None:
    """Register the routes."""
    expected(s3, "_bucket_owner_account", "name")
    expected(s3, "_new_bucket_public_access_block")
    buckets = ForeignBuckets(cloud)
    control.add("PUT", "/buckets/{name}", buckets.put)
    control.add("DELETE", "/buckets/{name}", buckets.delete)
