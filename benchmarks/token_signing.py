"""What a token costs: ours, a warm botocore client's, and the official connector's per connection.

Law: all three make the same token from the same credentials, in turns within one run. The connector
makes a boto3 session and client for each connection; that is what it is measured at.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.row import Row, at_least, below, interleaved, median_ratio, seen
from botocore.session import Session
from dsql_core.token_manager import TokenManager

from vela.dsql.official import Given
from vela.dsql.token import Credentials, sign

HOST = "abcdefghijklmnopqrstuvwxy2.dsql.us-east-1.on.aws"
REGION = "us-east-1"
KEY = Credentials(
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    session_token="FwoGZXIvYXdzE" * 60,  # as long as Lambda's are
)
ROUNDS = 30
BATCH = 200
TARGET_MS = 0.3
TARGET_RATIO = 100.0


def ours() -> str:
    return sign(host=HOST, region=REGION, user="app", credentials=KEY, now=datetime.now(UTC))


def connectors() -> str:
    token: str = TokenManager.get_token(
        {
            "host": HOST,
            "region": REGION,
            "user": "app",
            "token_duration_secs": 900,
            "custom_credentials_provider": Given(lambda: KEY),
        }
    )
    return token


def warm_client() -> Callable[[], object]:
    """A botocore client that is kept: what the connector could do."""
    client = Session().create_client(
        "dsql",
        region_name=REGION,
        aws_access_key_id=KEY.access_key_id,
        aws_secret_access_key=KEY.secret_access_key,
        aws_session_token=KEY.session_token,
    )
    generate: Callable[..., object] = client.generate_db_connect_auth_token  # type: ignore[attr-defined]  # added at run time
    return lambda: generate(HOST, REGION, 900)


def per_call(make: Callable[[], object], *, times: int) -> Callable[[], float]:
    """Give what tells the milliseconds of one call, averaged over *times* of them."""

    def once() -> float:
        started = time.perf_counter()
        for _ in range(times):
            make()
        return (time.perf_counter() - started) * 1000 / times

    return once


def run() -> list[Row]:
    """Measure the three in turns."""
    one, other = per_call(ours, times=BATCH), per_call(connectors, times=1)
    kept = per_call(warm_client(), times=BATCH)
    interleaved(one, other, rounds=2)  # warm up
    pairs = [(other(), one()) for _ in range(ROUNDS)]
    ours_ms, kept_ms = interleaved(one, kept, rounds=ROUNDS)
    connector_ms = sorted(slow for slow, _ in pairs)[ROUNDS // 2]
    return [
        below("token", ours_ms, "ms", TARGET_MS),
        seen("token by a kept botocore client", kept_ms, "ms"),
        seen("token by the official connector, per connection", connector_ms, "ms"),
        at_least(
            "token: the official connector's time / ours", median_ratio(pairs), "x", TARGET_RATIO
        ),
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
