"""Our tokens against those of botocore and of the official connector, byte for byte."""

import functools
from datetime import UTC, datetime

import botocore.auth
import botocore.session
import pytest
from botocore.credentials import Credentials as BotocoreCredentials
from dsql_core.token_manager import TokenManager
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vela.dsql.official import Given
from vela.dsql.token import Credentials, sign

KEY_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789"

credentials = st.builds(
    Credentials,
    access_key_id=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=24),
    secret_access_key=st.text(KEY_CHARACTERS, min_size=1, max_size=64),
    session_token=st.none() | st.text(KEY_CHARACTERS + "-_.~ %&?é", min_size=1, max_size=300),
)
regions = st.sampled_from(["us-east-1", "eu-central-1", "ap-southeast-2", "us-gov-west-1"])
hosts = st.builds(
    lambda cluster, suffix, region: (f"{cluster}.dsql{suffix}.{region}.on.aws", region),
    st.text(ALPHANUMERIC, min_size=26, max_size=26),
    st.sampled_from(["", "-fnh4"]) | st.text(ALPHANUMERIC, min_size=1, max_size=8).map("-".__add__),
    regions,
)
requests = st.builds(
    lambda host, **rest: {"host": host[0], "region": host[1], **rest},
    hosts,
    user=st.sampled_from(["admin", "vela_api", "app"]),
    credentials=credentials,
    now=st.integers(1_735_689_600, 4_102_444_800).map(lambda s: datetime.fromtimestamp(s, UTC)),
    expires_s=st.integers(1, 604_800),
)


@pytest.fixture
def clock(monkeypatch):
    """Freeze botocore's clock; it reads it through one function."""
    moment = [datetime(2026, 1, 1, tzinfo=UTC)]
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda **_: moment[0].replace(tzinfo=None)
    )
    return moment


@pytest.fixture(scope="module")
def client_for():
    """One client a region, since making one takes longer than signing a thousand tokens."""
    session = botocore.session.Session()

    @functools.cache
    def client(region):
        return session.create_client(
            "dsql", region_name=region, aws_access_key_id="A", aws_secret_access_key="B"
        )

    return client


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(requests)
def test_a_token_equals_botocores_byte_for_byte(clock, client_for, asked):
    key, clock[0] = asked["credentials"], asked["now"]
    client = client_for(asked["region"])
    client._request_signer._credentials = BotocoreCredentials(
        key.access_key_id, key.secret_access_key, key.session_token
    )
    generate = (
        client.generate_db_connect_admin_auth_token
        if asked["user"] == "admin"
        else client.generate_db_connect_auth_token
    )

    expected = generate(asked["host"], asked["region"], asked["expires_s"])

    assert expected == sign(**asked)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=8
)
@given(requests)
def test_a_token_equals_the_official_connectors_byte_for_byte(clock, asked):
    clock[0] = asked["now"]

    expected = TokenManager.get_token(
        {
            "host": asked["host"],
            "region": asked["region"],
            "user": asked["user"],
            "token_duration_secs": asked["expires_s"],
            "custom_credentials_provider": Given(lambda: asked["credentials"]),
        }
    )

    assert expected == sign(**asked)
