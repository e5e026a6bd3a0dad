"""The DSQL control-plane API, as far as one Region on one machine has it.

Law: requests, answers and errors have the shapes of the service's own model (2018-05-10), so an
AWS SDK can be pointed here. A change answers with the state it leads through (``CREATING``,
``UPDATING``, ``DELETING``); it is over by the time the answer is read.
https://docs.aws.amazon.com/aurora-dsql/latest/APIReference/
"""

import asyncio
import re
from typing import Any, Final
from urllib.parse import parse_qs

from dsql_local.server.control import body as fields
from dsql_local.server.control.control import Control
from dsql_local.server.control.exchange import ApiError, Request, Response, invalid, invalid_field
from dsql_local.server.registry import OWNED_KEY, Cluster

_CLIENT_TOKEN = re.compile(r"[!-~]{1,128}", re.ASCII)
_KMS_KEY = re.compile(r"[a-zA-Z0-9:/_-]{1,2048}", re.ASCII)
_CLUSTER_ARN = re.compile(
    r"arn:aws:dsql:([a-z0-9-]{1,20}):(\d{12}):cluster/([a-z0-9]{26})", re.ASCII
)
_STATUS = re.compile(r"ACTIVE|INACTIVE")
_PAGE: Final = 100

# What a cluster here cannot have. Ignoring it would let a deployment pass that AWS treats otherwise.
_ABSENT: Final = {
    "multiRegionProperties": "clusters here have one Region",
    "policy": "resource-based policies are not evaluated here",
    "metricGroups": "there are no metrics here",
}


async def create_cluster(control: Control, request: Request) -> Response:
    """CreateCluster."""
    body = fields.json_object(request)
    _refuse_absent(body)
    protection = fields.boolean(body, "deletionProtectionEnabled")
    cluster = await asyncio.to_thread(
        control.registry.create_cluster,
        now=control.now(),
        # Left out, it is on: the user guide's create-cluster example, "configuring single-Region
        # clusters", shows it so and names the option that turns it off.
        deletion_protection=True if protection is None else protection,
        tags=fields.tags(body),
        kms_key=fields.text(body, "kmsEncryptionKey", _KMS_KEY) or OWNED_KEY,
        client_token=fields.text(body, "clientToken", _CLIENT_TOKEN),
    )
    return Response(content={**_details(cluster), "status": "CREATING"})


async def list_clusters(control: Control, request: Request) -> Response:
    """ListClusters."""
    query = parse_qs(request.query)
    limit = query.get("max-results", [str(_PAGE)])[-1]
    if not re.fullmatch(r"[1-9]\d?|100", limit):
        raise invalid_field("maxResults", "must be between 1 and 100")
    clusters = control.registry.list_clusters()
    if after := query.get("next-token", [""])[-1]:
        places = [n for n, cluster in enumerate(clusters, 1) if cluster.identifier == after]
        if not places:
            raise invalid_field("nextToken", "is not one this list gave")
        clusters = clusters[places[0] :]
    page = clusters[: int(limit)]
    listed = [{"identifier": cluster.identifier, "arn": cluster.arn} for cluster in page]
    more = {"nextToken": page[-1].identifier} if len(page) < len(clusters) else {}
    return Response(content={"clusters": listed, **more})


async def get_cluster(control: Control, _: Request, identifier: str) -> Response:
    """GetCluster."""
    return Response(content=_details(control.registry.get_cluster(identifier)))


async def update_cluster(control: Control, request: Request, identifier: str) -> Response:
    """UpdateCluster."""
    body = fields.json_object(request)
    _refuse_absent(body)
    cluster = await asyncio.to_thread(
        control.registry.update_cluster,
        identifier,
        deletion_protection=fields.boolean(body, "deletionProtectionEnabled"),
        kms_key=fields.text(body, "kmsEncryptionKey", _KMS_KEY),
    )
    return Response(content={**_outline(cluster), "status": "UPDATING"})


async def delete_cluster(control: Control, _: Request, identifier: str) -> Response:
    """DeleteCluster."""
    cluster = await asyncio.to_thread(control.registry.delete_cluster, identifier)
    await control.on_cluster_deleted(identifier)
    return Response(content={**_outline(cluster), "status": "DELETING"})


async def get_vpc_endpoint_service_name(control: Control, _: Request, identifier: str) -> Response:
    """GetVpcEndpointServiceName."""
    cluster = control.registry.get_cluster(identifier)
    return Response(
        content={"serviceName": cluster.service_name, "clusterVpcEndpoint": cluster.private_host}
    )


async def tag_resource(control: Control, request: Request, arn: str) -> Response:
    """TagResource."""
    tags = fields.tags(fields.json_object(request), required=True)
    identifier = _identifier(control, arn)
    await asyncio.to_thread(control.registry.tag_cluster, identifier, tags)
    return Response()


async def untag_resource(control: Control, request: Request, arn: str) -> Response:
    """UntagResource."""
    keys = parse_qs(request.query).get("tagKeys", [])
    await asyncio.to_thread(control.registry.untag_cluster, _identifier(control, arn), keys)
    return Response()


async def list_tags_for_resource(control: Control, _: Request, arn: str) -> Response:
    """ListTagsForResource."""
    cluster = control.registry.get_cluster(_identifier(control, arn))
    return Response(content={"tags": cluster.tags})


async def put_status(control: Control, request: Request, identifier: str) -> Response:
    """Put a cluster to sleep, or wake it: time does this in AWS, a caller does it here."""
    body = fields.json_object(request)
    fields.only(body, frozenset({"status"}))
    status = fields.required_text(body, "status", _STATUS)
    cluster = await asyncio.to_thread(
        control.registry.set_status, identifier, "ACTIVE" if status == "ACTIVE" else "INACTIVE"
    )
    return Response(content=_outline(cluster))


def _refuse_absent(body: fields.Body) -> None:
    for name, why in _ABSENT.items():
        if body.get(name):
            raise invalid(f"{name}: {why}", reason="other")


def _identifier(control: Control, arn: str) -> str:
    found = _CLUSTER_ARN.fullmatch(arn)
    if found is None:
        raise invalid_field("resourceArn", "is not the ARN of a cluster")
    region, account, identifier = found.groups()
    if (region, account) != (control.registry.region, control.registry.account):
        raise not_found("The cluster belongs to another region or account", resource=arn)
    return identifier


def not_found(message: str, *, resource: str) -> ApiError:
    """Make the error of a cluster that does not exist."""
    kind = "ResourceNotFoundException"
    return ApiError(404, kind, message, resourceId=resource, resourceType="cluster")


def _outline(cluster: Cluster) -> dict[str, Any]:
    return {
        "identifier": cluster.identifier,
        "arn": cluster.arn,
        "status": cluster.status,
        "creationTime": cluster.created_at,
    }


def _details(cluster: Cluster) -> dict[str, Any]:
    return {
        **_outline(cluster),
        "deletionProtectionEnabled": cluster.deletion_protection,
        "tags": dict(cluster.tags),
        "endpoint": cluster.public_host,
        "encryptionDetails": _encryption(cluster),
    }


def _encryption(cluster: Cluster) -> dict[str, str]:
    if cluster.kms_key == OWNED_KEY:
        return {"encryptionType": OWNED_KEY, "encryptionStatus": "ENABLED"}
    return {
        "encryptionType": "CUSTOMER_MANAGED_KMS_KEY",
        "kmsKeyArn": cluster.kms_key_arn,
        "encryptionStatus": "ENABLED",
    }
