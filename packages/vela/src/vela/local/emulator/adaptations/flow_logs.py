"""Gap: `AWS::EC2::FlowLog`.

The emulator's EC2 API has flow logs; its CloudFormation has not. They are recorded, and stay
empty: no packet passes here.
"""

import time
import uuid
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .replacement import expected

RESOURCE_TYPE = "AWS::EC2::FlowLog"
Properties = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Register the resource type; every property but its tags replaces it."""
    expected(ec2, "_flow_logs")
    handlers = expected(provisioners, "_RESOURCE_HANDLERS")
    handlers[RESOURCE_TYPE] = {"create": create, "delete": delete}


def create(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    """Record the flow log."""
    flow_log = f"fl-{uuid.uuid4().hex[:17]}"
    ec2._flow_logs[flow_log] = {
        "FlowLogId": flow_log,
        "ResourceId": properties["ResourceId"],
        "ResourceType": properties["ResourceType"],
        "TrafficType": properties.get("TrafficType", "ALL"),
        "LogDestinationType": properties.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": properties.get("LogDestination") or properties.get("LogGroupName"),
        "FlowLogStatus": "ACTIVE",
        "CreationTime": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
    }
    return flow_log, {"Id": flow_log}


def delete(flow_log: str, _properties: Properties) -> None:
    """Forget the flow log."""
    ec2._flow_logs.pop(flow_log, None)
