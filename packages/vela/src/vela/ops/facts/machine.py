"""What this machine brings: Python, Node, the CDK CLI.

Law: asks no API; starts at most ``node --version`` and reads two small files.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NODE_PATIENCE_S = 10
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


def gather(project: Path, environment: Mapping[str, str]) -> Machine:
    """Look at the interpreter, at Node on PATH and at the CDK CLI of *project*."""
    package = _package(project / "node_modules" / "aws-cdk" / "package.json")
    reads = package.get("devDependencies", {}).get("@aws-cdk/cloud-assembly-schema", "")
    schema = version(reads)
    return Machine(
        python=sys.version_info[:3],
        node=_node(environment.get("PATH")),
        cdk=version(package.get("version", "")),
        schema_read=schema[0] if schema else None,
        schema_written=None,
    )


def version(text: str) -> Version | None:
    """Read the first version in *text*: ``v20.20.2``, ``>=55.5.0``."""
    found = re.search(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else None


def _node(path: str | None) -> Version | None:
    if (program := shutil.which("node", path=path)) is None:
        return None
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=NODE_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return version(done.stdout)


def _package(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found
