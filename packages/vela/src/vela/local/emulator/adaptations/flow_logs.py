"""Gap: `AWS::EC2::FlowLog`.

The emulator has flow logs by EC2's API, but not in a template. No packet is logged: there is none.
"""

import hashlib
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .replacement import expected

Properties = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Register the resource type."""
    expected(ec2, "_flow_logs")
    handlers = expected(provisioners, "_RESOURCE_HANDLERS")
    handlers["AWS::EC2::FlowLog"] = {"create": create, "delete": delete}


def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
    """Keep the record that DescribeFlowLogs answers with."""
    named = f"{stack}/{logical_id}/{properties['ResourceId']}"
    flow_log = "fl-" + hashlib.sha256(named.encode()).hexdigest()[:17]
    ec2._flow_logs[flow_log] = {
        "FlowLogId": flow_log,
        "ResourceId": properties["ResourceId"],
        "ResourceType": properties["ResourceType"],
        "TrafficType": properties.get("TrafficType", "ALL"),
        "LogDestinationType": properties.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": properties.get("LogDestination") or properties.get("LogGroupName", ""),
        "FlowLogStatus": "ACTIVE",
        "CreationTime": ec2._now_ts(),
    }
    return flow_log, {"Id": flow_log}


def delete(flow_log: str, _properties: Properties) -> None:
    """Forget the record."""
    ec2._flow_logs.pop(flow_log, None)
