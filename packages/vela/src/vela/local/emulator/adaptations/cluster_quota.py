"""Gap: the Service Quotas of Aurora DSQL.

The emulator has no Service Quotas; dsql-local has the default quota, 20 clusters a Region, and
refuses more with 402: https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html.
Here ListServiceQuotas and GetServiceQuota tell it (AWS publishes no quota code; ours is made up),
and the route ``PUT /quotas/clusters`` lowers it to ``limit``.
"""

import json
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.services import dsql
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .dsql_clusters import RESOURCE_TYPE as CLUSTER
from .local_control import Document, LocalControl
from .replacement import expected, replace
from .resource_failures import Refused

SERVICE = "servicequotas"
TARGET = "ServiceQuotasV20190624"
DEFAULT = 20
REACHED = "You have reached the cluster limit"
QUOTA_EXCEEDED, BAD_REQUEST = 402, 400
JSON = {"Content-Type": "application/x-amz-json-1.1"}


class ClusterQuota:
    """How many clusters the account may have in its Region."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._limit = DEFAULT

    def put(self, document: Document) -> Document:
        """Allow so many clusters, and at most the default."""
        self._limit = min(int(document["limit"]), DEFAULT)
        return {"limit": self._limit}

    @property
    def reached(self) -> bool:
        """Tell whether there are as many clusters as there may be."""
        if self._limit == DEFAULT:
            return False  # dsql-local itself refuses
        return len(self._cloud.dsql.call("GET", "/cluster")["clusters"]) >= self._limit

    async def handle_request(
        self, _method: str, _path: str, headers: dict[str, str], body: bytes, _query: Any
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer the two operations of Service Quotas."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        asked = json.loads(body or b"{}")
        known = asked.get("ServiceCode") == "dsql"
        if operation == "ListServiceQuotas" and known:
            return 200, JSON, json.dumps({"Quotas": [self._told()]}).encode()
        if operation == "GetServiceQuota" and known and asked.get("QuotaCode") == "L-CLUSTERS":
            return 200, JSON, json.dumps({"Quota": self._told()}).encode()
        refusal = {"__type": "NoSuchResourceException", "Message": "There is no such quota here"}
        return BAD_REQUEST, JSON, json.dumps(refusal).encode()

    def _told(self) -> Document:
        return {
            "ServiceCode": "dsql",
            "ServiceName": "Amazon Aurora DSQL",
            "QuotaCode": "L-CLUSTERS",
            "QuotaName": "Single-Region clusters per Region",
            "Value": float(self._limit),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }

    def guarding(self, original: Any) -> Any:
        """Refuse CreateCluster beyond the limit."""

        async def handle_request(
            method: str, path: str, headers: Any, body: bytes, query_params: Any
        ) -> Any:
            if method == "POST" and path.rstrip("/") == "/cluster" and self.reached:
                document = {"message": REACHED, "resourceType": "cluster", "serviceCode": "dsql"}
                told = {"x-amzn-errortype": "ServiceQuotaExceededException"}
                content = {"Content-Type": "application/json", **told}
                return QUOTA_EXCEEDED, content, json.dumps(document).encode()
            return await original(method, path, headers, body, query_params)

        return handle_request


def apply(cloud: Cloud, control: LocalControl) -> None:
    """Serve Service Quotas, and keep to the limit."""
    quota = ClusterQuota(cloud)
    expected(router, "SERVICE_PATTERNS")[SERVICE] = {
        "target_prefixes": [TARGET],
        "host_patterns": [r"servicequotas\."],
        "credential_scope": SERVICE,
    }
    expected(iam_actions, "SERVICE_TO_IAM_NAMESPACE")[SERVICE] = SERVICE
    expected(app, "SERVICE_HANDLERS")[SERVICE] = quota.handle_request
    replace(dsql, "handle_request", (), quota.guarding)
    handler = expected(provisioners, "_RESOURCE_HANDLERS")[CLUSTER]
    create = handler["create"]

    def created(*arguments: Any) -> Any:
        if quota.reached:
            status, code = QUOTA_EXCEEDED, "ServiceLimitExceeded"
            raise Refused(REACHED, service="Dsql", status=status, code=code)
        return create(*arguments)

    handler["create"] = created
    control.add("PUT", "/quotas/clusters", quota.put)
