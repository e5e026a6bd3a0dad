"""What the synthesised assembly wants.

Law: reads the kept assembly's files; it neither synthesises nor asks an API.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vela.errors import DeployFailed
from vela.ops.facts.machine import version
from vela.ops.outputs import STACKS

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The cloud assembly, parsed.

    Attributes:
        templates: Parsed JSON by stack name, in the order they are deployed.
        bucket: The website bucket's literal name.
        tables: The tables' literal names.
        domain: Of the website, None without one.
        certificate: ARN, None without one.
        stage: ``development`` or ``production``.
        attached: Whether the template puts the domain on the distribution.
        schema: The assembly's schema revision.
        bootstrap_needed: The bootstrap version the assembly asks for.
        fresh: Whether it was synthesised just now, since none of the same sources was kept.
        said: The names of the options that somebody gave, be it an empty value.

    """

    templates: Mapping[str, Template]
    bucket: str
    tables: tuple[str, ...]
    domain: str | None
    certificate: str | None
    stage: str
    attached: bool
    schema: int
    bootstrap_needed: int
    fresh: bool = False
    said: frozenset[str] = frozenset()

    def resources(self, type_: str) -> Iterator[tuple[str, str, Template]]:
        """Give stack, logical id and resource of every planned resource of one type."""
        for stack, template in self.templates.items():
            for logical_id, resource in template.get("Resources", {}).items():
                if resource["Type"] == type_:
                    yield stack, logical_id, resource

    @property
    def types(self) -> frozenset[str]:
        """Every resource type of the templates."""
        return frozenset(
            resource["Type"]
            for template in self.templates.values()
            for resource in template.get("Resources", {}).values()
        )

    @property
    def protects_data(self) -> bool:
        """Whether the planned cluster refuses deletion."""
        found = (r for _, _, r in self.resources("AWS::DSQL::Cluster"))
        return any(r["Properties"].get("DeletionProtectionEnabled", True) for r in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the assembly was synthesised with: the context, parsed by the app's own rules."""

    stage: str
    domain: str | None = None
    certificate: str | None = None
    said: frozenset[str] = frozenset()


def read(assembly: Path, options: Options, *, fresh: bool = False) -> Planned:
    """Read the assembly that was synthesised with *options*."""
    try:
        manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
        templates = {name: _template(assembly, manifest, name) for name in STACKS}
    except (OSError, ValueError, KeyError) as error:
        raise DeployFailed(
            f"the kept assembly cannot be read: {error}",
            f"Remove {assembly} and run the command again",
        ) from error
    return Planned(
        templates=templates,
        bucket=next(_literals(templates, "AWS::S3::Bucket", "BucketName"), ""),
        tables=tuple(_literals(templates, "AWS::DynamoDB::Table", "TableName")),
        domain=options.domain,
        certificate=options.certificate,
        stage=options.stage,
        attached=_attached(templates, options.domain),
        schema=(version(manifest["version"]) or (0,))[0],
        bootstrap_needed=_bootstrap_needed(manifest),
        fresh=fresh,
        said=options.said,
    )


def _template(assembly: Path, manifest: Template, stack: str) -> Template:
    file = manifest["artifacts"][stack]["properties"]["templateFile"]
    parsed: Template = json.loads((assembly / file).read_text(encoding="utf-8"))
    return parsed


def _of_type(templates: Mapping[str, Template], type_: str) -> Iterator[Template]:
    for template in templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == type_:
                yield resource["Properties"]


def _literals(templates: Mapping[str, Template], type_: str, name: str) -> Iterator[str]:
    for properties in _of_type(templates, type_):
        if isinstance(value := properties.get(name), str):
            yield value


def _attached(templates: Mapping[str, Template], domain: str | None) -> bool:
    return domain is not None and any(
        domain in properties["DistributionConfig"].get("Aliases", ())
        for properties in _of_type(templates, "AWS::CloudFront::Distribution")
    )


def _bootstrap_needed(manifest: Template) -> int:
    return max(
        (
            artifact.get("properties", {}).get("requiresBootstrapStackVersion", 0)
            for artifact in manifest["artifacts"].values()
        ),
        default=0,
    )
