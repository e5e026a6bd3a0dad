"""Gap: revoking a rule of a security group.

The emulator compares a rule's every detail, finds none that is as it was described, and reports
success. Here, as on AWS, a rule is what it allows: protocol, ports and one peer; descriptions and
owners are nothing of it, and one that is not there is an error:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
"""

from collections.abc import Iterator
from typing import Any

from ministack.services import ec2

from .cloud import Cloud
from .replacement import expected

Permission = dict[str, Any]
Parameters = dict[str, Any]
#: Protocol, first and last port, kind of peer, peer.
Rule = tuple[str, Any, Any, str, str]

PEERS = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
DIRECTIONS = {"Ingress": "IpPermissions", "Egress": "IpPermissionsEgress"}


def apply(_cloud: Cloud) -> None:
    """Revoke by meaning what is not revoked by its id."""
    for name in ("_security_groups", "_tags"):
        expected(ec2, name)
    expected(ec2, "_parse_ip_permissions", "params", "prefix")
    expected(ec2, "_revoked_sg_rule_xml", "sg_id", "rule", "is_egress")
    expected(ec2, "_sg_rule_id", "sg_id", "is_egress", "rule")
    handlers = expected(ec2, "_ACTION_MAP")
    for direction in DIRECTIONS:
        action = f"RevokeSecurityGroup{direction}"
        handlers[action] = _revoking(handlers[action], direction)


def _revoking(original: Any, direction: str) -> Any:
    def revoke(parameters: Parameters) -> Any:
        group_id = ec2._p(parameters, "GroupId")
        group = ec2._security_groups.get(group_id)
        if group is None or ec2._p(parameters, "SecurityGroupRuleId.1"):
            return original(parameters)
        named = [[rule for rule, _peer in _rules(each)] for each in _asked(parameters)]
        if not named or not all(named):
            return ec2._error("MissingParameter", "A rule to be revoked needs a peer", 400)
        asked = {rule for rules in named for rule in rules}
        kept, revoked = _split(group[DIRECTIONS[direction]], asked)
        there = {rule for permission in revoked for rule, _peer in _rules(permission)}
        if absent := sorted(map(str, asked - there)):
            text = f"The specified rule does not exist in this security group: {absent[0]}"
            return ec2._error("InvalidPermission.NotFound", text, 400)
        _forget_tags(group_id, group[DIRECTIONS[direction]], kept, direction)
        group[DIRECTIONS[direction]] = kept
        return _answer(group_id, revoked, direction)

    return revoke


def _asked(parameters: Parameters) -> list[Permission]:
    """Return what is to be revoked, also if it is given as parameters of the request itself."""
    asked: list[Permission] = ec2._parse_ip_permissions(parameters, "IpPermissions")
    for number, permission in enumerate(asked, 1):
        lists = f"IpPermissions.{number}.PrefixListIds"
        permission["PrefixListIds"] = list(_prefix_lists(parameters, lists))
    if protocol := ec2._p(parameters, "IpProtocol"):
        permission = {
            "IpProtocol": protocol,
            "IpRanges": [{"CidrIp": ec2._p(parameters, "CidrIp")}],
        }
        for name in ("FromPort", "ToPort"):
            permission[name] = ec2._p(parameters, name)
        asked.append(permission)
    return asked


def _prefix_lists(parameters: Parameters, prefix: str) -> Iterator[Permission]:
    number = 1
    while found := ec2._p(parameters, f"{prefix}.{number}.PrefixListId"):
        yield {"PrefixListId": found}
        number += 1


def _rules(permission: Permission) -> Iterator[tuple[Rule, tuple[str, Any]]]:
    """Give the single rules of *permission*, each with the entry that makes it."""
    protocol = str(permission["IpProtocol"]).lower()
    protocol = PROTOCOLS.get(protocol, protocol)
    ports = (permission.get("FromPort"), permission.get("ToPort"))
    first, last = (None, None) if protocol == "-1" else (_number(port) for port in ports)
    for kind, key in PEERS.items():
        for entry in permission.get(kind, ()):
            peer = entry.get(key) or entry.get("GroupName", "")
            yield (protocol, first, last, kind, str(peer)), (kind, entry)


def _number(port: object) -> int | None:
    return None if port in {None, ""} else int(str(port))


def _split(
    permissions: list[Permission], asked: set[Rule]
) -> tuple[list[Permission], list[Permission]]:
    """Part *permissions* into what stays and what is revoked; one may have some of either."""
    kept, revoked = [], []
    for permission in permissions:
        entries = list(_rules(permission))
        goes = [peer for rule, peer in entries if rule in asked]
        stays = [peer for rule, peer in entries if rule not in asked]
        if not goes:
            kept.append(permission)
            continue
        revoked.append(_with(permission, goes))
        if stays:
            kept.append(_with(permission, stays))
    return kept, revoked


def _with(permission: Permission, peers: list[tuple[str, Any]]) -> Permission:
    own = {kind: [entry for of, entry in peers if of == kind] for kind in PEERS}
    # The id stands for the whole of the old permission.
    return {k: v for k, v in permission.items() if k != "SecurityGroupRuleId"} | own


def _forget_tags(
    group_id: str, before: list[Permission], after: list[Permission], direction: str
) -> None:
    for permission in before:
        if permission not in after:
            ec2._tags.pop(ec2._sg_rule_id(group_id, direction == "Egress", permission), None)


def _answer(group_id: str, revoked: list[Permission], direction: str) -> Any:
    egress = direction == "Egress"
    items = "".join(ec2._revoked_sg_rule_xml(group_id, each, egress) for each in revoked)
    told = f"<revokedSecurityGroupRuleSet>{items}</revokedSecurityGroupRuleSet>"
    return ec2._xml(200, f"RevokeSecurityGroup{direction}Response", f"<return>true</return>{told}")
