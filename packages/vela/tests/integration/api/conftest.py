"""Real processes and real sockets around the handlers."""

import http.server
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from vela.api.handler import Api
from vela.dsql.token import Credentials

WORKER = Path(__file__).with_name("lambda_worker.py")


@dataclass
class Worker:
    """A function's execution environment: a process of its own, which lives from event to event."""

    process: subprocess.Popen[str]
    log: Path

    def __call__(self, event: object) -> Any:
        self.begin(event)
        return self.finish()

    def begin(self, event: object) -> None:
        """Hand an event over."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(event) + "\n")
        self.process.stdin.flush()

    def finish(self) -> Any:
        """Wait for the result."""
        assert self.process.stdout
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise EscapedError(answer["error"])
        return answer["result"]

    def wait_for_line(self, name: str, *, within_s: float = 20.0) -> None:
        """Return once it logged an event of this name."""
        give_up = time.monotonic() + within_s
        while not self.lines(name):
            assert time.monotonic() < give_up, f"no {name}: {self.log.read_text()}"
            assert self.process.poll() is None
            time.sleep(0.01)

    def lines(self, *names: str) -> list[dict[str, Any]]:
        """What it logged so far, of these event names or all."""
        whole = self.log.read_text().rpartition("\n")[0]  # the last line may still be written
        lines = [json.loads(line) for line in whole.splitlines()]
        return [line for line in lines if not names or line["message"] in names]


class EscapedError(Exception):
    """What the handler let through: Lambda would report a function error."""


@pytest.fixture
def start_worker(tmp_path) -> Iterator[Callable[..., Worker]]:
    """Start execution environments; gone after the test."""
    with ExitStack() as stack:

        def start(handler: str, env: dict[str, str], *, seconds: float = 60.0) -> Worker:
            log = tmp_path / f"log-{len(list(tmp_path.iterdir()))}"
            process = subprocess.Popen(
                [sys.executable, str(WORKER), handler, str(seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stack.enter_context(log.open("w")),
                text=True,
                env=env,
            )
            stack.callback(stop, process)
            return Worker(process=process, log=log)

        yield start


@dataclass
class InProcess:
    """The handler called in this process, with its own environment and its lines caught."""

    api: Api
    caplog: pytest.LogCaptureFixture

    def __call__(self, event: dict[str, Any]) -> Any:
        return self.api(event, "request-0")

    def lines(self, *names: str) -> list[dict[str, Any]]:
        found = [{"message": record.getMessage()} | vars(record) for record in self.caplog.records]
        return [line for line in found if not names or line["message"] in names]


@pytest.fixture(params=["in this process", "in a process of its own"])
def start_api(
    request, start_worker, monkeypatch, caplog
) -> Iterator[Callable[[dict[str, str]], Any]]:
    """Start the API function with an environment; the tests cannot tell which way."""
    started: list[Api] = []

    def in_process(env: dict[str, str]) -> InProcess:
        for name, value in env.items():
            if name.startswith("AWS_"):  # botocore reads these itself
                monkeypatch.setenv(name, value)
        started.append(Api.from_env(env))
        return InProcess(api=started[-1], caplog=caplog)

    if request.param == "in this process":
        yield in_process
    else:
        yield lambda env: start_worker("vela.api.handler.handler", env)
    for api in started:
        api.close()


def stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@dataclass
class Put:
    """One PUT as it came."""

    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class ResponseUrl:
    """Where CloudFormation takes answers; refuses the first *refusals* of them."""

    url: str = ""
    refusals: int = 0
    puts: list[Put] = field(default_factory=list)

    def take(self, handler: http.server.BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        if self.refusals:
            self.refusals -= 1
            return 503, b"<Error><Code>SlowDown</Code></Error>"
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.puts.append(Put(headers=headers, body=json.loads(body)))
        return 200, b""

    @property
    def answer(self) -> dict[str, Any]:
        """The last answer taken."""
        return self.puts[-1].body


@dataclass
class SecretsManager:
    """Speaks `GetSecretValue` over the wire; the secret can be rotated or withheld."""

    arn: str
    url: str = ""
    secret: str | None = "the-internal-secret"
    reads: int = 0

    def take(self, handler: http.server.BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        assert handler.headers["x-amz-target"] == "secretsmanager.GetSecretValue"
        assert json.loads(body) == {"SecretId": self.arn}
        self.reads += 1
        if self.secret is None:
            return 400, b'{"__type": "AccessDeniedException", "message": "not authorized"}'
        return 200, json.dumps({"ARN": self.arn, "SecretString": self.secret}).encode()


T = TypeVar("T", ResponseUrl, SecretsManager)


@contextmanager
def listening(service: T) -> Iterator[T]:
    """Serve *service* on a free port of this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = service.take(self, body)
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_POST(self) -> None:
            self.do_PUT()

        def log_message(self, *_: object) -> None:
            """Say nothing: the test says what came."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}/answer?Signature=x"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def response_url() -> Iterator[ResponseUrl]:
    """A real server in the place of the bucket CloudFormation takes answers in."""
    with listening(ResponseUrl()) as service:
        yield service


@pytest.fixture
def secrets_manager() -> Iterator[SecretsManager]:
    """A real server in the place of Secrets Manager."""
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:vela/internal-AbCdEf"
    with listening(SecretsManager(arn=arn)) as service:
        yield service


@pytest.fixture
def health_event() -> Callable[..., dict[str, Any]]:
    """A payload 2.0 event that asks for the database's health, with the secret or as a stranger."""

    def make(secret: str | None = None) -> dict[str, Any]:
        return {
            "version": "2.0",
            "rawPath": "/api/internal/dsql-health",
            "headers": {"authorization": f"Bearer {secret}"} if secret else {},
            "requestContext": {"http": {"method": "GET"}, "requestId": "gateway-1"},
        }

    return make


@pytest.fixture
def function_env(dsql_local, aws_env) -> Callable[..., dict[str, str]]:
    """What a function's environment holds that runs as *principal* on the stand-alone cluster."""

    def make(principal: Any, role: str = "vela_api", **changes: str) -> dict[str, str]:
        return {**aws_env, **dsql_local.env(role), **keys_of(principal.credentials), **changes}

    return make


def keys_of(credentials: Credentials) -> dict[str, str]:
    """Credentials as Lambda passes them."""
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
    }


@pytest.fixture
def aws_env(secrets_manager) -> dict[str, str]:
    """What Lambda gives every function: credentials, a region, and a way to Secrets Manager."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets_manager.url.rpartition("/")[0],
        "INTERNAL_SECRET_ARN": secrets_manager.arn,
    }
