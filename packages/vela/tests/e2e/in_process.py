"""Runs the `vela` command within the test's own process: its whole way in and out, without a start."""

import json
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from e2e.deployed import CHECKOUT, Platform

from vela.cli import lifecycle, main, rollback, surroundings
from vela.ops.account import Account
from vela.ops.aws import Aws, Call

#: botocore's names of services and operations, and IAM's where they differ.
SERVICES = {"resourcegroupstaggingapi": "tag", "service-quotas": "servicequotas"}
OPERATIONS = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it said."""

    code: object
    out: str
    err: str
    asked: tuple[str, ...]

    @property
    def errors(self) -> list[str]:
        """The lines that `vela` ends with when it fails; there is to be one at most."""
        return [line for line in self.err.splitlines() if line.startswith("vela: E")]

    @property
    def text(self) -> str:
        """All it said, as one line."""
        return " ".join(f"{self.out} {self.err}".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Where commands are typed."""

    platform: Platform
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: str, attempts: int = 1) -> Ended:
        """Run the command; a throttled call is made *attempts* times in all."""
        asked: list[Aws] = []

        def remembered(account: Account) -> Aws:
            asked.append(Aws(account, attempts=attempts))
            return asked[-1]

        self.patch.chdir(CHECKOUT)
        self.patch.setenv("VELA_HOME", str(self.platform.home))
        self.patch.setattr(sys, "argv", ["vela", *arguments])
        for module in (lifecycle, rollback, surroundings):
            self.patch.setattr(module, "Aws", remembered)
        self.capture.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        out, err = self.capture.readouterr()
        actions = {action(call) for aws in asked for call in aws.calls}
        return Ended(code=code, out=out, err=err, asked=tuple(sorted(actions)))

    def switch(self, method: str, path: str, document: object = None) -> Any:
        """Use one of the local cloud's own switches."""
        ready = json.loads((self.platform.home / "run" / "emulator.json").read_text())
        request = urllib.request.Request(
            f"{ready['endpoint_url']}/_vela{path}",
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {ready['control_secret']}"},
        )
        with urllib.request.urlopen(request, timeout=10) as told:
            return json.load(told)

    @contextmanager
    def refusing(self, how: str, actions: Sequence[str], *, times: int = 0) -> Iterator[None]:
        """Refuse the actions for the block: `denials`, `expiries` or `throttles`."""
        paths = [f"/{how}/{urllib.parse.quote(action, safe='')}" for action in actions]
        put = partial(self.switch, "PUT", document={"times": times})
        for path in paths:
            put(path)
        try:
            yield
        finally:
            for path in paths:
                self.switch("DELETE", path)


def action(call: Call) -> str:
    """The IAM action that a call asks for."""
    asked = f"{SERVICES.get(call.service, call.service)}:{call.operation}"
    return OPERATIONS.get(asked, asked)
