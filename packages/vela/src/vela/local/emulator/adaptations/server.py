"""Serves the emulator on one loopback port, its gaps closed.

Law: this is the only module that reads the command line and listens. It ends with one line and a
status of its own if the emulator is not the one the adaptations were written for, or if its state
cannot be read.
"""

import argparse
import asyncio
import hashlib
import importlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .cloud import Cloud
from .control import DsqlLocal
from .replacement import EmulatorChanged

# Exit statuses that the supervisor knows.
CHANGED = 3
CORRUPT = 4
DSQL_PATIENCE_S = 60.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop by SIGTERM or SIGINT."""
    options = _parsed(arguments)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", options.port))
        listener.listen(1024)
        dsql = DsqlLocal.from_ready_file(options.dsql_ready_file, patience_s=DSQL_PATIENCE_S)
        cloud = _cloud(options, dsql, listener.getsockname()[1])
        # The emulator reads these when it is imported, so they come first.
        os.environ.update(_emulator_settings(options, cloud))
        _require_readable(options.state_dir / "services")
        application, durability = _with_gaps_closed(cloud)
        killed = options.state_dir / "in-use"
        ready = {"endpoint_url": cloud.endpoint_url, "port": cloud.port, "killed": killed.exists()}
        killed.touch()

        def announce() -> None:
            _write(options.ready_file, {**ready, "interrupted": durability.interrupted})

        asyncio.run(_serve(application, listener, announce))
        # Only now is everything saved that is saved at a graceful stop.
        killed.unlink()


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The AWS API emulator, its gaps closed")
    parser.add_argument("--port", type=int, required=True)
    for name in ("state-dir", "scratch", "runtime-packages", "ready-file", "dsql-ready-file"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--credentials-file", type=Path, required=True)
    return parser.parse_args(arguments)


def _cloud(options: argparse.Namespace, dsql: DsqlLocal, port: int) -> Cloud:
    secret = json.loads(options.credentials_file.read_text(encoding="utf-8"))["secret_access_key"]
    return Cloud(
        account=dsql.account,
        region=dsql.region,
        port=port,
        scratch=options.scratch,
        runtime_packages=options.runtime_packages,
        credential_seed=hashlib.sha256(f"roles\n{secret}".encode()).digest(),
        dsql=dsql,
    )


def _emulator_settings(options: argparse.Namespace, cloud: Cloud) -> dict[str, str]:
    credentials = json.loads(options.credentials_file.read_text(encoding="utf-8"))
    return {
        "AUTH": "true",  # signatures are verified and IAM policies enforced
        "AWS_ACCESS_KEY_ID": credentials["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": credentials["secret_access_key"],
        "MINISTACK_ACCOUNT_ID": cloud.account,
        "MINISTACK_REGION": cloud.region,
        "MINISTACK_HOST": "localhost",
        "GATEWAY_PORT": str(cloud.port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(options.state_dir / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(options.state_dir / "objects"),
        # Nothing but the one port, and no other program of the machine.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    }


def _require_readable(directory: Path) -> None:
    """Refuse to start over a state that cannot be read: the emulator would begin afresh."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            sys.stderr.write(f"The emulator's state in {path} cannot be read\n")
            raise SystemExit(CORRUPT) from None


def _with_gaps_closed(cloud: Cloud) -> Any:
    app = importlib.import_module("ministack.app")
    gaps = importlib.import_module(".gaps", __package__)
    try:
        return gaps.close(app.app, cloud)
    except EmulatorChanged as changed:
        sys.stderr.write(f"The emulator is not the one Vela was made for: {changed}\n")
        raise SystemExit(CHANGED) from None


async def _serve(application: Any, listener: socket.socket, announce: Callable[[], None]) -> None:
    serving = importlib.import_module("hypercorn.asyncio")
    config = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serving.serve(_announcing(application, announce), config, shutdown_trigger=stop.wait)


def _write(path: Path, document: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document), encoding="utf-8")
    partial.replace(path)


def _announcing(application: Any, announce: Callable[[], None]) -> Any:
    """Call *announce* once the application says that it has started."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        async def send_on(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                announce()

        await application(scope, receive, send_on if scope["type"] == "lifespan" else send)

    return serve
