"""CDK's own resources in the account.

Law: the version comes from the parameter the CDK CLI itself reads; the stack's status is with the
other stacks.
"""

from dataclasses import dataclass

from vela.ops.aws import Aws
from vela.ops.facts.stacks import BOOTSTRAP_STACK, Stacks
from vela.ops.facts.unknown import Unknown
from vela.ops.refusals import known, unless

QUALIFIER = "hnb659fds"
#: Since then the deploy role may read the events that tell why a validation failed.
NEEDED = 30
PARAMETER = "/cdk-bootstrap/{qualifier}/version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """The bootstrap stack's version; None when the account was never bootstrapped."""

    version: int | None
    qualifier: str = QUALIFIER


def needed(by_assembly: int) -> int:
    """Give the version that a deployment needs: the assembly's, or what tells of its failures."""
    return max(NEEDED, by_assembly)


def gather(aws: Aws) -> Bootstrap | Unknown:
    """Read the version."""
    return known("ssm:GetParameter", lambda: _read(aws))


def settle(told: Bootstrap | Unknown, stacks: Stacks | Unknown) -> Bootstrap | Unknown:
    """Take the version from the stack's outputs where the parameter may not be read."""
    if isinstance(told, Bootstrap) or isinstance(stacks, Unknown):
        return told
    if (stack := stacks.get(BOOTSTRAP_STACK)) is None:
        return Bootstrap(version=None)
    output = stack.outputs.get("BootstrapVersion", "")
    return Bootstrap(version=int(output)) if output.isdigit() else told


def _read(aws: Aws) -> Bootstrap:
    name = PARAMETER.format(qualifier=QUALIFIER)
    found = unless("ParameterNotFound", lambda: aws.ssm.get_parameter(Name=name))
    return Bootstrap(version=int(found["Parameter"]["Value"]) if found else None)
