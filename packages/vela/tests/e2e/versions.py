"""A checkout whose CDK app makes other versions of the platform, each told by `--context`."""

import json
import sys
from pathlib import Path

from e2e.deployed import CHECKOUT

#: ``memory`` is the functions', ``comment`` the distribution's; ``refused`` is what no account takes.
APP = """
import sys

from aws_cdk import CfnResource

from vela.infra import app as vela

compose = vela.compose


def changed(app, settings, **rest):
    compose(app, settings, **rest)
    told = app.node.try_get_context
    if memory := told("memory"):
        put(app, "AWS::Lambda::Function", "MemorySize", int(memory))
    if comment := told("comment"):
        put(app, "AWS::CloudFront::Distribution", "DistributionConfig.Comment", comment)
    if told("refused"):
        rule = {"GroupId": "sg-none", "IpProtocol": "-1"}
        stack = app.node.find_child("ApiStack")
        CfnResource(stack, "Refused", type="AWS::EC2::SecurityGroupIngress", properties=rule)


def put(app, type_, path, value):
    for stack in ("ApiStack", "VelaStack"):
        for found in app.node.find_child(stack).node.find_all():
            ours = stack == "ApiStack" or type_ != "AWS::Lambda::Function"
            if isinstance(found, CfnResource) and found.cfn_resource_type == type_ and ours:
                found.add_property_override(path, value)


vela.compose = changed
sys.exit(vela.main())
"""


def checkout(directory: Path) -> Path:
    """Make a checkout that differs from this one in its app alone."""
    for entry in CHECKOUT.iterdir():
        if entry.name not in {"cdk.json", ".vela", ".git"}:
            (directory / entry.name).symlink_to(entry)
    for kept in ("tools", "cache"):
        (CHECKOUT / ".vela" / kept).mkdir(parents=True, exist_ok=True)
    (directory / ".vela").mkdir()
    for kept in ("tools", "cache"):
        (directory / ".vela" / kept).symlink_to(CHECKOUT / ".vela" / kept)
    (directory / "app.py").write_text(APP, encoding="utf-8")
    told = json.loads((CHECKOUT / "cdk.json").read_text(encoding="utf-8"))
    text = json.dumps({**told, "app": f"{sys.executable} app.py"})
    (directory / "cdk.json").write_text(text, encoding="utf-8")
    return directory
