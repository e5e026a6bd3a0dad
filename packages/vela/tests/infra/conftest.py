"""Each variant of the app is synthesised once a session; the templates are what tests read."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

# Said to the Node process that jsii starts with the import below.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")

from aws_cdk import App
from aws_cdk.assertions import Template

from vela.infra.app import compose
from vela.infra.bundle import Bundle, Bundler, find_uv
from vela.infra.settings import InfraSettings, LambdaTarget, Stage

PROJECT = Path(__file__).resolve().parents[4]
ACCOUNT = "000000000000"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/5f6c7d8e"

VARIANTS = {
    "development": InfraSettings(account=ACCOUNT),
    "production": InfraSettings(account=ACCOUNT, stage=Stage.PRODUCTION),
    "domain": InfraSettings(account=ACCOUNT, domain="www.example.com", certificate=CERTIFICATE),
    "certificate": InfraSettings(account=ACCOUNT, stage=Stage.PRODUCTION, certificate=CERTIFICATE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """One synthesised variant."""

    directory: Path

    def report(self) -> list[dict[str, Any]]:
        """What each validator said."""
        text = (self.directory / "validation-report.json").read_text(encoding="utf-8")
        found: list[dict[str, Any]] = json.loads(text)["pluginReports"]
        return found

    def template(self, stack: str) -> dict[str, Any]:
        """The template of *stack*, as CloudFormation gets it."""
        text = (self.directory / f"{stack}.template.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def assertions(self, stack: str) -> Template:
        """The template of *stack* for CDK's matchers."""
        return Template.from_json(self.template(stack))

    def resources(self, type_: str) -> dict[str, dict[str, Any]]:
        """Every resource of *type_* in any stack, by ``stack/logical id``."""
        return {
            f"{stack}/{name}": resource
            for stack in ("DatabaseStack", "ApiStack", "VelaStack")
            for name, resource in self.template(stack)["Resources"].items()
            if resource["Type"] == type_ or type_ == "*"
        }


@pytest.fixture(scope="session")
def bundler() -> Bundler:
    env = dict(os.environ)
    return Bundler(
        project=PROJECT,
        uv=find_uv(PROJECT, env),
        cache=PROJECT / ".vela/cache/lambda",
        env=env,
    )


@pytest.fixture(scope="session")
def host_bundle(bundler: Bundler) -> Bundle:
    return bundler.build(LambdaTarget.HOST)


@pytest.fixture(scope="session")
def composed(host_bundle: Bundle) -> Callable[[str, Path], App]:
    """Gives a variant of the app that will be synthesised into a directory."""

    def compose_into(variant: str, directory: Path) -> App:
        flags = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]
        app = App(analytics_reporting=False, context=flags, outdir=str(directory))
        compose(app, VARIANTS[variant], bundle=host_bundle, website=PROJECT / "web")
        return app

    return compose_into


@pytest.fixture(scope="session")
def assemblies(
    composed: Callable[[str, Path], App], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Assembly]]:
    made: list[Path] = []

    @cache
    def synthesised(variant: str) -> Assembly:
        directory = tmp_path_factory.mktemp(f"cdk-{variant}")
        made.append(directory)
        composed(variant, directory).synth()
        return Assembly(directory=directory)

    yield synthesised
    for directory in made:  # each holds a copy of the asset and of CDK's own layer
        shutil.rmtree(directory)


@pytest.fixture(scope="session", params=VARIANTS)
def every(request: pytest.FixtureRequest, assemblies: Callable[[str], Assembly]) -> Assembly:
    """Each variant in turn."""
    return assemblies(request.param)


@pytest.fixture(scope="session")
def project() -> Path:
    return PROJECT


@pytest.fixture(scope="session")
def development(assemblies: Callable[[str], Assembly]) -> Assembly:
    return assemblies("development")


@pytest.fixture(scope="session")
def production(assemblies: Callable[[str], Assembly]) -> Assembly:
    return assemblies("production")
