import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.errors import Unhealthy
from vela.ops.health import Answer, call, percentile, summarise


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers 200, but every third call 503 with a reason; tells what it was asked."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str | None]] = []  # noqa: RUF012 - one server a test

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Authorization"]))
        bad = len(self.seen) % 3 == 0
        body = {"status": "error", "code": "E213", "text": "denied"} if bad else {"status": "ok"}
        raw = json.dumps(body).encode()
        self.send_response(503 if bad else 200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        del format, args


@pytest.fixture
def server() -> Iterator[str]:
    Handler.seen = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://d1.cloudfront.localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer(*, status: int = 200, elapsed_ms: float = 1.0) -> Answer:
    return Answer(status=status, elapsed_ms=elapsed_ms, body={"status": "ok"})


def test_every_call_is_made_and_counted_with_its_reason(server):
    answers = list(call(server, count=6, secret="s3cret"))

    summary = summarise(server, answers, detailed=True)

    assert summary.ok == 4
    assert summary.failures == (("E213 denied", 2),)
    assert Handler.seen == [("/api/internal/dsql-health", "Bearer s3cret")] * 6


def test_without_the_secret_no_authorization_is_sent(server):
    list(call(server, count=1))

    assert Handler.seen == [("/api/internal/dsql-health", None)]


def test_a_platform_that_is_down_is_a_counted_failure_not_a_traceback():
    answers = list(call("http://d1.cloudfront.localhost:1", count=2))

    assert [a.status for a in answers] == [0, 0]
    assert "ConnectionRefusedError" in str(answers[0].body["text"])


def test_too_few_ok_is_an_error_that_names_the_most_frequent_reason(server):
    summary = summarise(server, list(call(server, count=3)), detailed=False)

    with pytest.raises(Unhealthy, match=r"2 of 3 times; most often: E213 denied"):
        summary.require(0.99)


def test_enough_ok_passes_the_summary_on(server):
    summary = summarise(server, list(call(server, count=2)), detailed=False)

    assert summary.require(0.99) is summary


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.integers(1, 100))
def test_a_percentile_is_one_of_the_times_and_enough_are_not_above_it(times, rank):
    ordered = sorted(times)

    value = percentile(ordered, rank)

    assert value in [round(t, 2) for t in ordered]
    assert sum(round(t, 2) <= value for t in ordered) >= rank / 100 * len(ordered)


def test_failed_calls_count_in_the_percentiles():
    answers = [answer(elapsed_ms=1.0)] * 9 + [answer(status=503, elapsed_ms=5000.0)]

    assert summarise("http://x", answers, detailed=False).p99_ms == 5000.0
