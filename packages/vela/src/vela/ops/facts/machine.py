"""What this machine brings: Python, Node, the CDK CLI.

Law: asks no API; starts at most ``node --version`` and reads two small files.
"""

from dataclasses import dataclass

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Versions found here; None for what is not installed or says nothing.

    Attributes:
        python: Of the interpreter that runs Vela.
        node: Of the ``node`` on PATH.
        cdk: Of the CDK CLI in ``node_modules``.
        schema_read: The newest cloud assembly schema that CLI reads.
        schema_written: The schema of the synthesised assembly.

    """

    python: Version
    node: Version | None
    cdk: Version | None
    schema_read: int | None
    schema_written: int | None
