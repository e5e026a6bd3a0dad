"""Puts an assembly together of templates that are stored already, and deploys it by the CDK CLI.

Law: the assembly is today's manifest with another template; the files a template names are in the
assets bucket under the digests it names them by.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vela.ops.cdk import Cdk
from vela.ops.execute.means import Means
from vela.ops.execute.stacks import deploy
from vela.ops.plan.steps import DeployStack
from vela.ops.plan.stored import Stored
from vela.ops.refusals import answered


def go_back(means: Means, back: Mapping[str, Stored]) -> None:
    """Deploy the earlier templates, in the order they come in."""
    with means.show.step("synthesising the stacks", "stacks synthesised") as news:
        means.cdk.synth(news)
    for stack, stored in back.items():
        earlier = replace(means, cdk=written(means.cdk, stack, stored))
        step = DeployStack(stack=stack, changes=())
        shown = means.show.step(f"taking {stack} back", f"{stack} taken back")
        with answered(means.aws.account), shown as news:
            deploy(earlier, step, news, synthesise=False)


def written(cdk: Cdk, name: str, stored: Stored) -> Cdk:
    """Write an assembly of one stack with its earlier template; give the CLI that deploys it."""
    directory = cdk.assembly.with_name(f"{cdk.assembly.name}-earlier-{name}")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    manifest = _read(cdk.assembly / "manifest.json")
    stack, assets = manifest["artifacts"][name], manifest["artifacts"][f"{name}.assets"]
    files = _read(cdk.assembly / assets["properties"]["file"])
    template = stack["properties"]["templateFile"]
    _write(directory / template, stored.template)
    _write(directory / assets["properties"]["file"], _assets(files, template, stored.key))
    if beside := stack.get("additionalMetadataFile"):  # construct paths, for the events
        shutil.copy(cdk.assembly / beside, directory / beside)
    url = stack["properties"]["stackTemplateAssetObjectUrl"].rpartition("/")[0]
    properties = {**stack["properties"], "stackTemplateAssetObjectUrl": f"{url}/{stored.key}"}
    artifacts = {
        name: {**stack, "properties": properties, "dependencies": [f"{name}.assets"]},
        f"{name}.assets": assets,
    }
    _write(directory / "manifest.json", {"version": manifest["version"], "artifacts": artifacts})
    return replace(cdk, assembly=directory)


def _assets(files: Mapping[str, Any], template: str, key: str) -> dict[str, Any]:
    """Keep of the asset manifest the template alone, under the digest it is stored by."""
    (own,) = (f for f in files["files"].values() if f["source"]["path"] == template)
    places = {name: {**place, "objectKey": key} for name, place in own["destinations"].items()}
    digest = key.removesuffix(".json")
    return {"version": files["version"], "files": {digest: {**own, "destinations": places}}}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
