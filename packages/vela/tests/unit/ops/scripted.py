"""An AWS endpoint on loopback whose answers a test writes down: what no local cloud can show.

Other accounts, other Regions, refusals, throttling. Real HTTP, so that botocore's own parsing, redirects
and retries are in the test.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vela.ops.account import Account
from vela.ops.aws import Aws

JSON = frozenset({"ssm", "dynamodb", "logs", "acm", "servicequotas"})
REST_JSON = frozenset({"lambda", "dsql"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


#: Service and first line of the request -> what to answer.
Script = Callable[[str, str, str], Reply]

IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/somebody</Arn><UserId>AIDA</UserId>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


def error(service: str, code: str, *, status: int = 400) -> Reply:
    """An error in the shape of the service's protocol."""
    if service in JSON:
        return Reply(status=status, body=json.dumps({"__type": code, "message": "it said no"}))
    if service in REST_JSON:
        headers = {"x-amzn-ErrorType": code}
        return Reply(status=status, body='{"message": "it said no"}', headers=headers)
    inner = f"<Error><Code>{code}</Code><Message>it said no</Message></Error>"
    return Reply(
        status=status, body=inner if service == "s3" else f"<ErrorResponse>{inner}</ErrorResponse>"
    )


def known_caller(then: Script) -> Script:
    """Answer who calls, and everything else by *then*."""
    return lambda service, request, body: (
        Reply(body=IDENTITY) if service == "sts" else then(service, request, body)
    )


@contextmanager
def scripted(script: Script) -> Iterator[Aws]:
    """Lend an `Aws` whose every call is answered by *script*; nothing is tried again."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            scope = re.search(r"/([a-z0-9-]+)/aws4_request", self.headers["Authorization"])
            assert scope
            reply = script(scope[1], f"{self.command} {self.path}", body)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body.encode())

        do_GET = do_POST = do_HEAD = do_PUT = _answer  # noqa: N815 - http.server's own names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield at(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def at(endpoint: str) -> Aws:
    """An `Aws` at *endpoint*, with a key of nobody."""
    pointing = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    return Aws(Account(environment=pointing), attempts=1)
