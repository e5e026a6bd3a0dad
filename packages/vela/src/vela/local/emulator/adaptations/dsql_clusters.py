"""Gap: Aurora DSQL clusters.

The emulator's own ``dsql`` service speaks to no database, loses its state on a restart and is
unknown to its CloudFormation. Here the service's API is forwarded to dsql-local, which keeps the
clusters, and `AWS::DSQL::Cluster` is provisioned through the same control endpoint.
"""

import asyncio
import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from ministack.services import cloudformation, dsql
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .control import quoted
from .replacement import expected, replace

RESOURCE_TYPE = "AWS::DSQL::Cluster"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dsql-cluster.html
REQUEST_FIELDS = {
    "DeletionProtectionEnabled": "deletionProtectionEnabled",
    "KmsEncryptionKey": "kmsEncryptionKey",
}
Provisioned = tuple[str, dict[str, Any]]


def apply(cloud: Cloud) -> None:
    """Forward the API and register the resource type."""
    _forward_service(cloud)
    handlers = expected(provisioners, "_RESOURCE_HANDLERS")
    resource = ClusterResource(cloud)
    handlers[RESOURCE_TYPE] = {
        "create": resource.create,
        "update": resource.update,
        "delete": resource.delete,
    }
    tag_properties = expected(provisioners, "_STACK_TAG_PROPERTY")
    tag_properties[RESOURCE_TYPE] = ("Tags", "list")


def _forward_service(cloud: Cloud) -> None:
    async def handle_request(
        method: str, path: str, _headers: Any, body: bytes, query_params: dict[str, list[str]]
    ) -> tuple[int, dict[str, str], bytes]:
        query = urlencode(query_params, doseq=True)
        # The decoded path is quoted again: a tag route carries an ARN as one segment.
        target = _requoted(path) + (f"?{query}" if query else "")
        reply = await asyncio.to_thread(cloud.dsql.request, method, target, body)
        headers = {name: value for name, value in reply.headers.items() if name in PASSED_ON}
        return reply.status, headers, reply.body

    parameters = ("method", "path", "headers", "body", "query_params")
    replace(dsql, "handle_request", parameters, lambda _original: handle_request)
    # What the emulator itself would keep is never filled; saving it would only fail.
    replace(dsql, "get_state", (), lambda _original: lambda: None)


PASSED_ON = ("Content-Type", "x-amzn-ErrorType", "X-Amzn-ErrorType", "x-amzn-errortype")


def _requoted(path: str) -> str:
    if path.startswith("/tags/"):
        return "/tags/" + quoted(path.removeprefix("/tags/"))
    return path


class ClusterResource:
    """`AWS::DSQL::Cluster`, as CloudFormation creates, updates and deletes it."""

    def __init__(self, cloud: Cloud) -> None:
        self._dsql = cloud.dsql

    def create(self, logical_id: str, properties: dict[str, Any], stack: str) -> Provisioned:
        """Create a cluster; asked again for the same stack, find the one that was made."""
        made_for = f"{cloudformation._stacks[stack]['StackId']}/{logical_id}"
        request = {
            **_requested(properties),
            "tags": _tags(properties),
            "clientToken": hashlib.sha256(made_for.encode()).hexdigest(),
        }
        cluster = self._dsql.call("POST", "/cluster", request)
        return self._provisioned(cluster["identifier"])

    def update(
        self, identifier: str, old: dict[str, Any], new: dict[str, Any], _stack: str
    ) -> Provisioned:
        """Apply changed protection, key and tags to the cluster in place."""
        self._dsql.call("POST", f"/cluster/{identifier}", _requested(new))
        arn = self._dsql.call("GET", f"/cluster/{identifier}")["arn"]
        removed = _tags(old).keys() - _tags(new).keys()
        if removed:
            query = urlencode({"tagKeys": sorted(removed)}, doseq=True)
            self._dsql.call("DELETE", f"/tags/{quoted(arn)}?{query}")
        if _tags(new):
            self._dsql.call("POST", f"/tags/{quoted(arn)}", {"tags": _tags(new)})
        return self._provisioned(identifier)

    def delete(self, identifier: str, _properties: dict[str, Any]) -> None:
        """Delete the cluster; a protected one is refused, one already gone is not missed."""
        reply = self._dsql.request("DELETE", f"/cluster/{identifier}")
        if reply.status in {200, 404}:
            return
        raise ValueError(json.loads(reply.body or b"{}").get("message", f"status {reply.status}"))

    def _provisioned(self, identifier: str) -> Provisioned:
        cluster = self._dsql.call("GET", f"/cluster/{identifier}")
        path = f"/clusters/{identifier}/vpc-endpoint-service-name"
        service = self._dsql.call("GET", path)
        return identifier, {
            "Identifier": identifier,
            "ResourceArn": cluster["arn"],
            "Status": cluster["status"],
            "CreationTime": str(cluster.get("creationTime", "")),
            "Endpoint": cluster["endpoint"],
            "VpcEndpointServiceName": service["serviceName"],
            "VpcEndpoint": service["clusterVpcEndpoint"],
        }


def _requested(properties: dict[str, Any]) -> dict[str, Any]:
    request = {
        field: properties[name] for name, field in REQUEST_FIELDS.items() if name in properties
    }
    protected = request.get("deletionProtectionEnabled", False)
    # A template may carry a boolean as text.
    request["deletionProtectionEnabled"] = str(protected).lower() == "true"
    return request


def _tags(properties: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
