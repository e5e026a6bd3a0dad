"""Gap: the network interfaces of endpoints and functions, which outlive them for a while.

The emulator makes none. AWS makes one for each subnet, owned by the service, and deletes it some
time after the endpoint or the function; until then it holds on to its security group:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
Route: ``PUT /network-interfaces`` lets them linger for ``polls`` of DescribeNetworkInterfaces.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2, lambda_svc
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .local_control import Document, LocalControl
from .replacement import expected, replace

Interface = dict[str, Any]
# How DescribeNetworkInterfaces filters; see its API reference.
FILTERS = {
    "vpc-id": "VpcId",
    "subnet-id": "SubnetId",
    "description": "Description",
    "status": "Status",
    "interface-type": "InterfaceType",
    "network-interface-id": "NetworkInterfaceId",
}


class NetworkInterfaces:
    """The interfaces that the services own, and those that linger."""

    def __init__(self) -> None:
        self._polls = 0
        self._known: dict[str, Interface] = {}
        self._left: dict[str, int] = {}

    def put(self, document: Document) -> Document:
        """Let what is deleted from now on linger for so many polls."""
        self._polls = int(document["polls"])
        self._known, self._left = dict(self._remember()), {}
        return {"polls": self._polls}

    def describing(self, _original: Any) -> Any:
        """Answer with the services' own interfaces too, and by every filter."""

        def describe_network_interfaces(params: Document) -> Any:
            wanted = ec2._parse_member_list(params, "NetworkInterfaceId")
            filters = ec2._parse_filters(params)
            own = list(ec2._network_interfaces.values())
            items = "".join(
                ec2._eni_fields_xml(interface)
                for interface in [*own, *self._poll()]
                if not wanted or interface["NetworkInterfaceId"] in wanted
                if _matches(interface, filters)
            )
            inner = f"<networkInterfaceSet>{items}</networkInterfaceSet>"
            return ec2._xml(200, "DescribeNetworkInterfacesResponse", inner)

        return describe_network_interfaces

    def _poll(self) -> list[Interface]:
        """Count a poll for each that lingers, and return what is still there."""
        current = self._remember()
        gone = [identifier for identifier in self._known if identifier not in current]
        for identifier in gone:
            left = self._left.setdefault(identifier, self._polls) - 1
            self._left[identifier] = left
            if left < 0:
                del self._known[identifier], self._left[identifier]
        return [
            {**interface, "Status": "in-use" if identifier in current else "available"}
            for identifier, interface in self._known.items()
        ]

    def _remember(self) -> dict[str, Interface]:
        current = {found["NetworkInterfaceId"]: found for found in _current()}
        self._known.update(current)
        return current

    def remembering(self, original: Any) -> Any:
        """Look at what there is before anything of it may go."""

        def before(*arguments: Any, **named: Any) -> Any:
            self._remember()
            return original(*arguments, **named)

        return before


def _current() -> Iterator[Interface]:
    for endpoint in ec2._vpc_endpoints.values():
        if endpoint["VpcEndpointType"] == "Interface":
            name = f"VPC Endpoint Interface {endpoint['VpcEndpointId']}"
            yield from _in_subnets(endpoint, name, "vpc_endpoint")
    for name, function in lambda_svc._functions.items():
        config = function["config"].get("VpcConfig") or {}
        yield from _in_subnets(config, f"AWS Lambda VPC ENI-{name}", "lambda")


def _in_subnets(held: Document, description: str, kind: str) -> Iterator[Interface]:
    for number, subnet in enumerate(held.get("SubnetIds") or ()):
        digest = hashlib.sha256(f"{description}\n{subnet}".encode()).hexdigest()
        place = ec2._subnets.get(subnet) or {}
        groups = held.get("SecurityGroupIds") or ()
        yield {
            "NetworkInterfaceId": f"eni-{digest[:17]}",
            "SubnetId": subnet,
            "VpcId": place.get("VpcId", ""),
            "AvailabilityZone": place.get("AvailabilityZone", ""),
            "Description": description,
            "OwnerId": get_account_id(),
            "Status": "in-use",
            "PrivateIpAddress": f"10.0.{number}.{int(digest[:2], 16)}",
            "InterfaceType": kind,
            "MacAddress": ":".join(digest[i : i + 2] for i in range(0, 12, 2)),
            "Groups": [{"GroupId": group, "GroupName": group} for group in groups],
            "Attachment": None,
        }


def _matches(interface: Interface, filters: dict[str, list[str]]) -> bool:
    for name, values in filters.items():
        if name == "group-id":
            actual = [group["GroupId"] for group in interface["Groups"]]
        elif name in FILTERS:
            actual = [str(interface[FILTERS[name]])]
        else:
            continue
        if not any(ec2._filter_value_matches(value, values) for value in actual):
            return False
    return True


def apply(_cloud: Cloud, control: LocalControl) -> None:
    """Describe them, and see them before they go."""
    for part in ("_parse_filters", "_parse_member_list", "_eni_fields_xml", "_subnets"):
        expected(ec2, part)
    expected(ec2, "_filter_value_matches", "actual", "values")
    expected(ec2, "_vpc_endpoints")
    expected(lambda_svc, "_functions")
    interfaces = NetworkInterfaces()
    replace(ec2, "_describe_network_interfaces", ("p",), interfaces.describing)
    actions = expected(ec2, "_ACTION_MAP")
    actions["DescribeNetworkInterfaces"] = ec2._describe_network_interfaces
    control.add("PUT", "/network-interfaces", interfaces.put)
    _see_before_deletion(interfaces)


def _see_before_deletion(interfaces: NetworkInterfaces) -> None:
    handlers = expected(provisioners, "_RESOURCE_HANDLERS")
    for kind in ("AWS::EC2::VPCEndpoint", "AWS::Lambda::Function"):
        handler = handlers[kind]
        handler["delete"] = interfaces.remembering(handler["delete"])
