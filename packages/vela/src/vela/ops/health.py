"""Calls the deployed health-check many times and sums up what it answered.

Law: the answers are counted as they came; a percentile is the nearest rank of all calls, failed ones
included, so that a slow failure is not hidden.
"""

import http.client
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vela.errors import Unhealthy
from vela.ops.account import Account
from vela.ops.refusals import answered

PATH = "/api/internal/dsql-health"
#: The function's own deadline is 5 s; the rest is for the way there and a cold start.
TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One call: its HTTP status (0 when none came), its time and the body's fields."""

    status: int
    elapsed_ms: float
    body: dict[str, object]

    @property
    def ok(self) -> bool:
        """Whether the platform called itself healthy."""
        return self.status == http.HTTPStatus.OK and self.body.get("status") == "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What N calls showed; times in milliseconds, as the caller saw them."""

    url: str
    count: int
    ok: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    detailed: bool
    failures: tuple[tuple[str, int], ...]
    sample: dict[str, object]

    @property
    def success_rate(self) -> float:
        """Share of calls that said ok, 0 to 1."""
        return self.ok / self.count

    def require(self, share: float) -> "Summary":
        """Return itself, or fail when fewer than *share* of the calls said ok."""
        if self.success_rate < share:
            most = self.failures[0][0] if self.failures else "no reason was given"
            raise Unhealthy(
                f"the health-check said ok {self.ok} of {self.count} times; most often: {most}",
                "Mend that and deploy again; `vela health` asks once more",
            )
        return self

    def as_json(self) -> dict[str, object]:
        """Give the fields as plain JSON types."""
        return {
            "url": self.url,
            "count": self.count,
            "ok": self.ok,
            "success_rate": self.success_rate,
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "p99_ms": self.p99_ms,
            "detailed": self.detailed,
            "failures": [{"text": text, "times": times} for text, times in self.failures],
            "sample": self.sample,
        }


def call(
    base_url: str,
    *,
    count: int,
    secret: str | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterable[Answer]:
    """Call the health-check *count* times over one kept connection, one after the other.

    Args:
        base_url: The website's URL.
        count: How many calls.
        secret: The internal secret: with it each call is a query of its own and tells its detail;
            without it answers younger than 2 s are shared.
        clock: Seconds, monotonic.

    """
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    connection = connect(base_url)
    try:
        for _ in range(count):
            yield _ask(connection, headers, host=urlsplit(base_url).netloc, clock=clock)
    finally:
        connection.close()


def internal_secret(account: Account, arn: str) -> str | None:
    """Read the secret that makes the health-check tell its detail; None where that is not allowed."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 is slow to import

    with answered(account):
        try:
            return account.secrets().get_secret_value(SecretId=arn)["SecretString"]
        except ClientError:
            return None


def summarise(base_url: str, answers: Sequence[Answer], *, detailed: bool) -> Summary:
    """Count the answers and rank their times."""
    times = sorted(a.elapsed_ms for a in answers)
    reasons = Counter(_reason(a) for a in answers if not a.ok)
    return Summary(
        url=base_url + PATH,
        count=len(answers),
        ok=sum(a.ok for a in answers),
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
        p99_ms=percentile(times, 99),
        detailed=detailed,
        failures=tuple(reasons.most_common()),
        sample=answers[-1].body,
    )


def percentile(ordered: Sequence[float], rank: int) -> float:
    """Nearest-rank percentile of an ordered, non-empty sequence, to a hundredth."""
    return round(ordered[max(0, math.ceil(rank / 100 * len(ordered)) - 1)], 2)


def connect(base_url: str) -> http.client.HTTPConnection:
    """Open towards the URL's host; names below .localhost are this machine, whatever its resolver says."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_S)
    address = "127.0.0.1" if host.endswith(".localhost") else host
    return http.client.HTTPConnection(address, parts.port, timeout=TIMEOUT_S)


def _ask(
    connection: http.client.HTTPConnection,
    headers: dict[str, str],
    *,
    host: str,
    clock: Callable[[], float],
) -> Answer:
    started = clock()
    try:
        connection.request("GET", PATH, headers={**headers, "Host": host})
        response = connection.getresponse()
        status, raw = response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()  # the next call opens a new one
        status, raw = 0, json.dumps({"text": f"{type(error).__name__}: {error}"}).encode()
    return Answer(status=status, elapsed_ms=(clock() - started) * 1000, body=_fields(raw))


def _fields(raw: bytes) -> dict[str, object]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {"text": raw[:200].decode(errors="replace")}
    return body if isinstance(body, dict) else {"text": str(body)}


def _reason(answer: Answer) -> str:
    told = [answer.body.get(key) for key in ("code", "text", "fix")]
    code, text, fix = ("" if part is None else str(part) for part in told)
    sentences = ". ".join(part.rstrip(".") for part in (text, fix) if part)
    return f"{code} {sentences}".strip() or f"HTTP {answer.status}"
