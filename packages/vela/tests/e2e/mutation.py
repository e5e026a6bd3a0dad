"""Deploys a changed assembly with the real CDK CLI, as a mistaken commit would."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from e2e.deployed import CHECKOUT, Platform, exports

Template = dict[str, Any]
Mutate = Callable[[Template], None]


def deploy(platform: Platform, stack: str, mutate: Mutate, scratch: Path) -> None:
    """Deploy *stack* alone, with its template changed by *mutate*."""
    assembly = scratch / "cdk.out"
    shutil.copytree(platform.home / "data" / "cdk.out", assembly)
    _change(assembly, stack, mutate)
    _cdk(platform, "deploy", stack, "--exclusively", "--app", str(assembly))


@contextmanager
def edited(platform: Platform, stack: str, mutate: Mutate) -> Iterator[None]:
    """Let `vela` find a changed template for the block, as after an edit of a construct."""
    assembly = platform.home / "data" / "cdk.out"
    unchanged = assembly.with_name("unchanged")
    shutil.copytree(assembly, unchanged)
    _change(assembly, stack, mutate)
    try:
        yield
    finally:
        shutil.rmtree(assembly)
        unchanged.rename(assembly)


def described(text: str) -> Mutate:
    """Give the functions of a stack another description: a change that is quick and breaks nothing."""

    def mutate(template: Template) -> None:
        for function in resources(template, "AWS::Lambda::Function"):
            function["Properties"]["Description"] = text

    return mutate


def restore(platform: Platform) -> None:
    """Deploy the unchanged assembly again."""
    _cdk(platform, "deploy", "--all", "--app", str(platform.home / "data" / "cdk.out"))


def resources(template: Template, type_: str) -> list[dict[str, Any]]:
    """Every resource of a type."""
    return [r for r in template["Resources"].values() if r["Type"] == type_]


def _change(assembly: Path, stack: str, mutate: Mutate) -> None:
    source = assembly / f"{stack}.template.json"
    template = json.loads(source.read_text(encoding="utf-8"))
    mutate(template)
    text = json.dumps(template)
    source.write_text(text, encoding="utf-8")
    _rename_asset(assembly, stack, hashlib.sha256(text.encode()).hexdigest())


def _rename_asset(assembly: Path, stack: str, digest: str) -> None:
    """Give the template the name of its new content: what has a known name is not uploaded."""
    manifest = assembly / f"{stack}.assets.json"
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    old = next(
        name for name, file in files.items() if file["source"]["path"] == f"{stack}.template.json"
    )
    for path in (manifest, assembly / "manifest.json"):
        path.write_text(path.read_text(encoding="utf-8").replace(old, digest), encoding="utf-8")


def _cdk(platform: Platform, *arguments: str) -> None:
    env = {**os.environ, **exports(platform.vela("env").stdout), "NO_COLOR": "1"}
    options = ("--method=direct", "--require-approval", "never", "--no-notices")
    cdk = CHECKOUT / "node_modules" / ".bin" / "cdk"
    done = subprocess.run(
        [cdk, *arguments, *options],
        env=env,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
