"""Gap: a function reaches a service only if its VPC lets it.

The emulator keeps subnets, endpoints and security groups and asks none of them. Here the rules as
deployed decide where a worker's connections to Aurora DSQL and to Secrets Manager go: to the
service, or into a port that, like a security group that drops packets, never answers. The other
services, and CloudFormation's response URL, are reached from everywhere.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ec2

from .cloud import Cloud
from .replacement import expected

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """A service behind an interface endpoint: the name it has there, and its port."""

    name: re.Pattern[str]
    port: int


DSQL = Service(re.compile(r"com\.amazonaws\.[a-z0-9-]+\.dsql-[a-z0-9]+"), 5432)
SECRETS = Service(re.compile(r"com\.amazonaws\.[a-z0-9-]+\.secretsmanager"), 443)


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where a worker's connections go: address and port of PostgreSQL, URL of Secrets Manager."""

    address: str
    port: int
    secrets_url: str


class VpcPath:
    """Decides by the VPC as deployed what a function reaches."""

    def __init__(self, cloud: Cloud) -> None:
        for store in ("_security_groups", "_subnets", "_vpc_endpoints"):
            expected(ec2, store)
        self._cloud = cloud
        self._black_hole = BlackHole()

    def destinations(self, vpc_config: Record | None) -> Destinations:
        """Return where a function with *vpc_config* gets to; one in no VPC goes over the internet."""
        groups = (vpc_config or {}).get("SecurityGroupIds") or []
        subnets = (vpc_config or {}).get("SubnetIds") or []
        with request_scope(self._cloud.account, self._cloud.region):
            database, secrets = (
                not subnets or _reaches(service, subnets, groups) for service in (DSQL, SECRETS)
            )
        nowhere = "127.0.0.1", self._black_hole.port
        address, port = (self._cloud.dsql.host, self._cloud.dsql.port) if database else nowhere
        secrets_url = self._cloud.endpoint_url if secrets else f"http://{nowhere[0]}:{nowhere[1]}"
        return Destinations(address, port, secrets_url)


def _reaches(service: Service, subnets: list[str], groups: list[str]) -> bool:
    vpcs = {ec2._subnets[subnet]["VpcId"] for subnet in subnets if subnet in ec2._subnets}
    function = {"SubnetIds": subnets, "SecurityGroupIds": groups}
    return any(
        endpoint["VpcId"] in vpcs
        and endpoint["VpcEndpointType"] == "Interface"
        and service.name.fullmatch(endpoint["ServiceName"])
        and _is_true(endpoint["PrivateDnsEnabled"])
        and _allowed("IpPermissionsEgress", service.port, function, to=endpoint)
        and _allowed("IpPermissions", service.port, endpoint, to=function)
        for endpoint in ec2._vpc_endpoints.values()
    )


def _allowed(direction: str, port: int, side: Record, *, to: Record) -> bool:
    """Tell whether any rule of *side*'s groups lets *port* pass between the two sides."""
    return any(
        _covers(rule, port) and _names(rule, to)
        for group in side["SecurityGroupIds"]
        for rule in (ec2._security_groups.get(group) or {}).get(direction, [])
    )


def _covers(rule: Record, port: int) -> bool:
    if str(rule["IpProtocol"]) == "-1":
        return True
    tcp = str(rule["IpProtocol"]).lower() in {"tcp", "6"}
    return tcp and int(rule["FromPort"]) <= port <= int(rule["ToPort"])


def _names(rule: Record, side: Record) -> bool:
    pairs = {pair.get("GroupId") for pair in rule.get("UserIdGroupPairs", [])}
    if pairs & set(side["SecurityGroupIds"]):
        return True
    blocks = [ipaddress.ip_network(r["CidrIp"], strict=False) for r in rule.get("IpRanges", [])]
    networks = [
        ipaddress.ip_network(ec2._subnets[subnet]["CidrBlock"])
        for subnet in side["SubnetIds"]
        if subnet in ec2._subnets
    ]
    return bool(networks) and all(
        any(_contains(block, network) for block in blocks) for network in networks
    )


def _contains(block: Any, network: Any) -> bool:
    return bool(block.version == network.version and network.subnet_of(block))


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


class BlackHole:
    """A port on loopback whose connections are never completed."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._queue = self._fill()

    def _fill(self) -> list[socket.socket]:
        """Fill the queue of connections nobody accepts: the kernel drops what comes after."""
        queued: list[socket.socket] = []
        for _ in range(8):
            connection = socket.socket()
            connection.settimeout(0.05)
            queued.append(connection)
            try:
                connection.connect(("127.0.0.1", self.port))
            except TimeoutError:
                break
        return queued
