"""Gap: how a Python function is run.

The emulator's worker lets its own environment and packages leak into the function, waits 50 ms
for log lines after each invocation, and dies with the first exception of a handler. This one
gives the function what Lambda gives it, and the ways out that its VPC allows.

A worker is replaced before its next invocation once its circumstances have changed: the ways out,
or its role's policies. Lambda would keep it for a while, and never promises to; connections that
it holds open would hide what a deployment has just taken away.
"""

import hashlib
import io
import json
import logging
import os
import select
import shutil
import subprocess
import sys
import time
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from . import function_runtime
from .cloud import Cloud
from .principals import Principals
from .replacement import expected, replace
from .role_credentials import RoleCredentials
from .vpc_path import Destinations, VpcPath

log = logging.getLogger("vela.function_worker")
INIT_TIMEOUT_S = (
    10.0  # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a worker is started for."""

    destinations: Destinations
    policies: int


def apply(cloud: Cloud, principals: Principals) -> None:
    """Let Python functions run in workers of this kind."""
    expected(lambda_runtime.Worker, "__init__", "self", "func_name", "config", "code_zip")
    expected(lambda_runtime, "kill_workers", "workers")
    expected(lambda_svc, "_execute_function_warm", "func", "event", "request_id")
    PythonWorker.surroundings = Surroundings(cloud, principals)

    def choosing(original: Any) -> Any:
        def worker_class_for(config: dict[str, Any]) -> Any:
            is_python = str(config.get("Runtime", "")).startswith("python")
            return PythonWorker if is_python and not config.get("Layers") else original(config)

        return worker_class_for

    replace(lambda_runtime, "_worker_class_for", ("config",), choosing)


class Surroundings:
    """What a worker is given besides its code."""

    def __init__(self, cloud: Cloud, principals: Principals) -> None:
        self._cloud = cloud
        self._principals = principals
        self._credentials = RoleCredentials(cloud)
        self._path = VpcPath(cloud)
        self.packages = cloud.runtime_packages

    def circumstances(self, config: dict[str, Any]) -> Circumstances:
        """Return what the function's workers are to be started for now."""
        destinations = self._path.destinations(config.get("VpcConfig"))
        return Circumstances(destinations, self._principals.revision(config["Role"]))

    def task_root(self, code: bytes) -> Path:
        """Return the directory that holds *code* unpacked, once for all workers."""
        digest = hashlib.sha256(code).hexdigest()[:32]
        root = self._cloud.scratch / f"code-{digest}"
        if not root.exists():
            partial = root.with_name(f"{root.name}.{uuid.uuid4().hex}")
            with zipfile.ZipFile(io.BytesIO(code)) as archive:
                archive.extractall(partial)
            try:
                partial.rename(root)
            except OSError:  # another worker was faster
                shutil.rmtree(partial)
        return root

    def environment(
        self, config: dict[str, Any], root: Path, destinations: Destinations
    ) -> dict[str, str]:
        """Return the worker's whole environment: Lambda's names, the local ones, its own."""
        name = config["FunctionName"]
        logging_config = config.get("LoggingConfig") or {}
        return {
            **_process_environment(),
            "AWS_ENDPOINT_URL": self._cloud.endpoint_url,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": destinations.secrets_url,
            "PGHOSTADDR": destinations.address,
            "PGPORT": str(destinations.port),
            "PGSSLROOTCERT": self._cloud.dsql.ca_file,
            **(config.get("Environment") or {}).get("Variables", {}),
            **self._credentials.of(config["Role"], name[:64]),
            "AWS_REGION": self._cloud.region,
            "AWS_DEFAULT_REGION": self._cloud.region,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
            "AWS_LAMBDA_LOG_GROUP_NAME": logging_config.get("LogGroup", f"/aws/lambda/{name}"),
            "AWS_LAMBDA_LOG_STREAM_NAME": f"[{config.get('Version')}]{uuid.uuid4().hex}",
            "AWS_LAMBDA_LOG_FORMAT": logging_config.get("LogFormat", "Text"),
            "AWS_LAMBDA_LOG_LEVEL": logging_config.get("ApplicationLogLevel", "INFO"),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
            "LAMBDA_TASK_ROOT": str(root),
            "_HANDLER": config["Handler"],
        }


def _process_environment() -> dict[str, str]:
    """Return what any process needs, and nothing else of the emulator's environment."""
    return {"PATH": os.defpath, "LANG": "en_US.UTF-8", "TZ": ":UTC"}


class Process:
    """A worker's process and the pipes to it; the pipes close with the last reference."""

    def __init__(self, surroundings: Surroundings, config: dict[str, Any], code: bytes) -> None:
        root = surroundings.task_root(code)
        self.circumstances = surroundings.circumstances(config)
        invocations, requests = os.pipe()
        answers, results = os.pipe()
        lifeline, held = os.pipe()
        inherited = invocations, results, lifeline
        # -S: no site packages but what the runtime brings; -P: the script's directory stays hidden.
        command = [sys.executable, "-S", "-P", function_runtime.__file__]
        self._popen = subprocess.Popen(
            [*command, *map(str, (*inherited, root, surroundings.packages))],
            cwd=root,
            env=surroundings.environment(config, root, self.circumstances.destinations),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            pass_fds=inherited,
        )
        for descriptor in inherited:
            os.close(descriptor)
        self._lifeline = os.fdopen(held, "wb", buffering=0)
        self._requests = os.fdopen(requests, "wb", buffering=0)
        self._answers = os.fdopen(answers, "rb", buffering=0)
        self._unread = b""

    # What the emulator asks of the process when it ends workers by itself.
    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        return self._popen.poll()

    def terminate(self) -> None:
        """End the process: between invocations it has nothing to finish."""
        self._popen.kill()

    kill = terminate

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended."""
        return self._popen.wait(timeout)

    def send(self, message: dict[str, Any]) -> None:
        """Hand over one invocation."""
        self._requests.write(json.dumps(message).encode() + b"\n")

    def receive(self, timeout_s: float) -> tuple[dict[str, Any], list[str]]:
        """Return the next message that is no log line, and the log lines before it."""
        deadline = time.monotonic() + timeout_s
        lines: list[str] = []
        while (message := self._next_message(deadline)) is not None:
            if "log" not in message:
                return message, lines
            lines.append(message["log"])
        if self.poll() is None and time.monotonic() >= deadline:
            return {"error": f"Task timed out after {timeout_s:.2f} seconds"}, lines
        return {"error": "Runtime exited without providing a reason"}, lines

    def _next_message(self, deadline: float) -> dict[str, Any] | None:
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        while b"\n" not in self._unread:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                return None
            more = self._answers.read(1 << 20)
            if not more:
                return None
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message


class PythonWorker(lambda_runtime.Worker):  # type: ignore[misc] # the emulator is not typed
    """One execution environment of a Python function."""

    surroundings: ClassVar[Surroundings]
    _proc: Process | None

    def _spawn(self) -> None:
        """Start ahead of the first invocation, when the emulator asks for it."""
        self._proc = self._started()

    def _started(self) -> Process:
        process = Process(self.surroundings, self.config, self.code_zip)
        started, _lines = process.receive(INIT_TIMEOUT_S)
        if "ready" not in started:
            _end(process)
            raise RuntimeError(started["error"])
        return process

    def invoke(self, event: Any, request_id: str, **context: Any) -> dict[str, Any]:
        """Run one invocation; only a worker that timed out or died is given up."""
        with self._lock:
            process, cold = self._prepared()
            timeout = float(self.config.get("Timeout", 3))
            invocation = {
                "event": event,
                "request_id": request_id,
                "function_arn": context.get("invoked_function_arn"),
                "trace_id": context.get("trace_id"),
                "timeout_s": timeout,
            }
            process.send(invocation)
            answer, lines = process.receive(timeout)
            outcome = {"cold_start": cold, "log": "\n".join(lines)}
            if "result" in answer:
                return {"status": "ok", "result": answer["result"], **outcome}
            if "error_type" not in answer:
                self._proc = None
                _end(process)
            trace = answer.get("trace", "")
            return {"status": "error", "error": answer["error"], "trace": trace, **outcome}

    def _prepared(self) -> tuple[Process, bool]:
        """Start the process unless one runs whose circumstances are still the same."""
        process = self._proc
        if process is not None and process.poll() is None:
            if process.circumstances == self.surroundings.circumstances(self.config):
                return process, False
            _end(process)
        self._proc = self._started()
        self._cold = False
        return self._proc, True


def _end(process: Process) -> None:
    process.terminate()
    process.wait()
