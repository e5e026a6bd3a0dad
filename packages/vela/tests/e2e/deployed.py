"""A local platform of its own, driven by the commands a user runs."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

CHECKOUT = Path(__file__).parents[4]
VELA = Path(sys.executable).with_name("vela")
PATIENCE_S = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One local platform: a home of its own, ports of its own."""

    home: Path

    def vela(
        self, *arguments: str, check: bool = True, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command as a user does."""
        done = subprocess.run(
            [VELA, *arguments],
            cwd=CHECKOUT,
            env=self.env() if env is None else env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr + done.stdout
        return done

    def env(self, **more: str) -> dict[str, str]:
        """The user's environment, with this platform's home."""
        return {**os.environ, "VELA_HOME": str(self.home), **more}

    def up(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.vela("up", "--port", "0", "--dsql-port", "0", *arguments, **options)

    def health(self, count: int = 1) -> dict[str, Any]:
        done = self.vela("health", "--count", str(count), "--json", check=False)
        return dict(json.loads(done.stdout))

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.vela("status", "--json").stdout))

    def client(self, service: Any) -> Any:
        """A boto3 client of the local cloud, configured by `vela env` alone."""
        env = exports(self.vela("env").stdout)
        return boto3.client(
            service,
            endpoint_url=env["AWS_ENDPOINT_URL"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            region_name=env["AWS_REGION"],
        )

    def stop(self) -> None:
        self.vela("down", "--purge")


def exports(text: str) -> dict[str, str]:
    """Read `export NAME=value` lines."""
    pairs = (line.removeprefix("export ").partition("=") for line in text.splitlines())
    return {name: value.strip("'") for name, _, value in pairs}


def curl(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Fetch as curl does; every name below localhost is this machine."""
    parts = urlsplit(url)
    resolve = f"{parts.hostname}:{parts.port}:127.0.0.1"
    command: Sequence[str] = [
        "curl",
        "-sS",
        "--max-time",
        "30",
        "--resolve",
        resolve,
        *options,
        url,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
