"""A local platform of these tests' own, on which each leaves what the next expects: anything."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from e2e.deployed import CHECKOUT, Platform

from vela.local import LocalSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account on this machine, brought into states by its own switches."""

    platform: Platform

    def vela(self, *arguments: str, check: bool = True) -> Any:
        return self.platform.vela(*arguments, "--target", "local", check=check)

    def plan(self, *arguments: str) -> dict[str, Any]:
        return dict(json.loads(self.vela("plan", "--json", *arguments, check=False).stdout))

    def client(self, service: str) -> Any:
        return self.platform.client(service)

    @property
    def bucket(self) -> str:
        return f"vela-web-{self.client('sts').get_caller_identity()['Account']}"

    def switch(self, method: str, path: str, document: object = None) -> None:
        ready = json.loads((self.platform.home / "run" / "emulator.json").read_text())
        call = urllib.request.Request(
            f"{ready['endpoint_url']}/_vela{path}",
            method=method,
            data=None if method == "DELETE" else json.dumps(document or {}).encode(),
            headers={"Authorization": f"Bearer {ready['control_secret']}"},
        )
        with urllib.request.urlopen(call, timeout=10):
            pass

    def put(self, key: str) -> None:
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=b"kept")

    def holds(self, key: str) -> bool:
        listed = self.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=key)
        return bool(listed["KeyCount"])

    def stacks(self) -> dict[str, str]:
        described = self.client("cloudformation").describe_stacks()["Stacks"]
        return {
            s["StackName"]: s["StackStatus"] for s in described if s["StackName"] != "CDKToolkit"
        }

    @property
    def settings(self) -> LocalSettings:
        return LocalSettings.of(CHECKOUT, home=self.platform.home)

    def quoted(self, text: str) -> str:
        return urllib.parse.quote(text, safe="")


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A deployed platform."""
    platform = Platform(home=tmp_path_factory.mktemp("lifecycle"))
    try:
        platform.up("--count", "1")
        yield Account(platform=platform)
    finally:
        platform.stop()
