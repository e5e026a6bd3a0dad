"""Gap: `AWS::EC2::SecurityGroupIngress` and `AWS::EC2::SecurityGroupEgress`.

The emulator knows a group's own rules only, not rules declared apart from it.
"""

import hashlib
import json
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from .cloud import Cloud
from .replacement import expected

Rule = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Register both resource types."""
    to_permissions = expected(provisioners, "_ec2_sg_permissions", "rules")
    handlers = expected(provisioners, "_RESOURCE_HANDLERS")
    expected(ec2, "_security_groups")
    for kind, direction in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        rules = DeclaredRules(direction, to_permissions)
        handlers[f"AWS::EC2::SecurityGroup{kind}"] = {
            "create": rules.create,
            "update": rules.update,
            "delete": rules.delete,
        }


class DeclaredRules:
    """Rules of one direction, kept among the rules of the groups they name."""

    def __init__(self, direction: str, to_permissions: Any) -> None:
        self._direction = direction
        self._to_permissions = to_permissions

    def create(self, logical_id: str, properties: Rule, stack: str) -> tuple[str, dict[str, Any]]:
        """Add the rule to its group."""
        self._rules_of(properties).extend(self._to_permissions([properties]))
        declared = json.dumps([stack, logical_id, properties], sort_keys=True)
        rule_id = "sgr-" + hashlib.sha256(declared.encode()).hexdigest()[:17]
        return rule_id, {"Id": rule_id}

    def update(self, rule_id: str, old: Rule, new: Rule, _stack: str) -> tuple[str, dict[str, Any]]:
        """Swap the old rule for the new one."""
        self.delete(rule_id, old)
        self._rules_of(new).extend(self._to_permissions([new]))
        return rule_id, {"Id": rule_id}

    def delete(self, _rule_id: str, properties: Rule) -> None:
        """Take the rule out of its group, if both are still there."""
        group = ec2._security_groups.get(properties["GroupId"])
        if group is None:
            return
        for permission in self._to_permissions([properties]):
            if permission in group[self._direction]:
                group[self._direction].remove(permission)

    def _rules_of(self, properties: Rule) -> list[Rule]:
        group = ec2._security_groups.get(properties["GroupId"])
        if group is None:
            raise ValueError(f"The security group '{properties['GroupId']}' does not exist")
        rules: list[Rule] = group.setdefault(self._direction, [])
        return rules
