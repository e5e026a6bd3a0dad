"""Python, Node and the CDK CLI.

Law: pure.
"""

from collections.abc import Iterator

from vela.ops.checks.check import Check, Subject, Told
from vela.ops.facts.facts import Facts
from vela.ops.facts.machine import Version
from vela.ops.findings import Severity

PYTHON_NEEDED = (3, 11)
#: Node's last release line past its end of life that the CDK CLI still starts on.
NODE_ENDED = 20
#: Lines with long-term support; the odd ones between them end within months.
NODE_SUPPORTED = "Node 22 or 24"


def text(version: Version | None) -> str:
    """Write a version as people do."""
    return ".".join(map(str, version or ()))


def python_too_old(facts: Facts) -> Iterator[Told]:
    """Find a Python that Vela does not run on."""
    if (found := facts.machine.python) < PYTHON_NEEDED:
        yield Told(
            f"Python is {text(found)}; Vela needs {text(PYTHON_NEEDED)} or newer",
            "Install a newer Python, then `make install PYTHON=/path/to/python3`",
        )


def node_absent(facts: Facts) -> Iterator[Told]:
    """Find no Node."""
    if facts.machine.node is None:
        yield Told("node is not on PATH, or does not start", f"Install {NODE_SUPPORTED}")


def node_too_old(facts: Facts) -> Iterator[Told]:
    """Find a Node that the CDK CLI refuses."""
    if (found := facts.machine.node) and found[0] < NODE_ENDED:
        yield Told(
            f"Node is {text(found)}; the CDK CLI needs 20 or newer", f"Install {NODE_SUPPORTED}"
        )


def node_ended(facts: Facts) -> Iterator[Told]:
    """Find a Node past its end of life, or of a line without long-term support."""
    if (found := facts.machine.node) is None or found[0] < NODE_ENDED:
        return
    if found[0] == NODE_ENDED or found[0] % 2:
        yield Told(f"Node is {text(found)}, which gets no more fixes", f"Install {NODE_SUPPORTED}")


def cdk_absent(facts: Facts) -> Iterator[Told]:
    """Find no CDK CLI in this checkout."""
    if facts.machine.cdk is None:
        yield Told("the CDK CLI is not installed in this checkout", "Run `make install`")


def schema_unread(facts: Facts) -> Iterator[Told]:
    """Find an assembly written in a newer schema than the CLI reads."""
    read, written = facts.machine.schema_read, facts.machine.schema_written
    if read is not None and written is not None and written > read:
        yield Told(
            f"the assembly is of schema {written}, and CDK CLI {text(facts.machine.cdk)} reads up to "
            f"{read}",
            "Pin a newer `aws-cdk` in package.json, then run `make install`",
        )


CHECKS = (
    Check(
        id="python-too-old",
        subject=Subject.MACHINE,
        severity=Severity.BLOCKED,
        when="Python is older than 3.11",
        why="Vela's own code and its locked packages are for Python 3.11 to 3.14",
        find=python_too_old,
    ),
    Check(
        id="node-absent",
        subject=Subject.MACHINE,
        severity=Severity.BLOCKED,
        when="`node` is not on PATH",
        why="The CDK CLI is a Node program, and synthesis runs in Node too",
        find=node_absent,
    ),
    Check(
        id="node-too-old",
        subject=Subject.MACHINE,
        severity=Severity.BLOCKED,
        when="Node is older than 20",
        why="The CDK CLI does not start on it",
        find=node_too_old,
    ),
    Check(
        id="node-ended",
        subject=Subject.MACHINE,
        severity=Severity.WARNING,
        when="Node is 20, or of an odd line",
        why="CDK supports a Node line for half a year after its end of life and then drops it",
        find=node_ended,
    ),
    Check(
        id="cdk-absent",
        subject=Subject.MACHINE,
        severity=Severity.BLOCKED,
        when="`node_modules` holds no CDK CLI",
        why="Everything is deployed by the CDK CLI that package-lock.json pins",
        find=cdk_absent,
    ),
    Check(
        id="cdk-schema-unread",
        subject=Subject.MACHINE,
        severity=Severity.BLOCKED,
        when="the assembly's schema is newer than the CDK CLI reads",
        why="aws-cdk-lib writes the assembly and the CLI reads it; an older CLI refuses a newer one",
        find=schema_unread,
    ),
)
