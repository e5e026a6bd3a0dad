"""Laws of tokens: signing equals botocore's, verifying undoes signing and nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import botocore.auth
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsql_local.auth import Credential, Granted, Refusal, authenticate, parse_policy, sign
from dsql_local.auth.token import PresignedToken, parse

ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789"
KEY_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
ROLE = "arn:aws:iam::111122223333:role/app"
Attempt = dict[str, Any]

regions = st.sampled_from(["us-east-1", "eu-central-1", "ap-southeast-2"])
clusters = st.text(ALPHANUMERIC, min_size=26, max_size=26)
labels = st.sampled_from(["dsql", "dsql-fnh4"])
users = st.sampled_from(["admin", "app", "vela_api"])
moments = st.integers(1_500_000_000_000, 4_000_000_000_000).map(lambda ms: ms / 1000)
lifetimes = st.integers(1, 604_800)
credentials = st.builds(
    Credential,
    access_key_id=st.text(ALPHANUMERIC.upper(), min_size=16, max_size=24),
    secret_access_key=st.text(KEY_CHARACTERS, min_size=1, max_size=64),
    session_token=st.none() | st.text(PRINTABLE, max_size=200),
    principal=st.just(ROLE),
    session_arn=st.none(),
    expires_at=st.none(),
)


def attempt_at(cluster: str, label: str, region: str, **rest: Any) -> Attempt:
    """What it takes to sign a token for a cluster."""
    return {"host": f"{cluster}.{label}.{region}.on.aws", "region": region, **rest}


attempts = st.builds(
    attempt_at,
    clusters,
    labels,
    regions,
    user=users,
    credential=credentials,
    now=moments,
    expires_s=lifetimes,
)

ANYTHING = parse_policy(
    {"Statement": {"Effect": "Allow", "Action": "dsql:DbConnect*", "Resource": "*"}}
)


def outcome(token: str, attempt: Attempt) -> Granted | Refusal:
    """What becomes of *token* at the time and place of *attempt*."""
    credential = attempt["credential"]
    return authenticate(
        token,
        user=attempt["user"],
        host=attempt["host"],
        cluster_arn="arn:aws:dsql:us-east-1:111122223333:cluster/aaaaaaaaaaaaaaaaaaaaaaaaaa",
        region=attempt["region"],
        hosts=frozenset({attempt["host"]}),
        now=attempt["now"],
        credential={credential.access_key_id: credential}.get,
        policies=lambda _: [ANYTHING],
    )


@pytest.fixture
def botocore_token(monkeypatch):
    """Botocore's own way to make a token, with its clock and its keys in our hands."""
    moment = 0.0
    monkeypatch.setattr(
        botocore.auth,
        "get_current_datetime",
        lambda **_: datetime.fromtimestamp(moment, UTC),
    )
    config = Config(region_name="us-east-1")
    made = boto3.client("dsql", config=config, aws_access_key_id="-", aws_secret_access_key="-")
    client = cast("Any", made)  # the stubs know neither its token methods nor its signer

    def make(attempt: Attempt) -> str:
        nonlocal moment
        moment, key = attempt["now"], attempt["credential"]
        client._request_signer._credentials = Credentials(
            key.access_key_id, key.secret_access_key, key.session_token
        )
        generate: Callable[..., str] = (
            client.generate_db_connect_admin_auth_token
            if attempt["user"] == "admin"
            else client.generate_db_connect_auth_token
        )
        return generate(attempt["host"], attempt["region"], attempt["expires_s"])

    return make


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attempts)
def test_a_token_is_byte_for_byte_botocores(botocore_token, attempt):
    assert sign(**attempt) == botocore_token(attempt)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attempts)
def test_botocores_tokens_are_accepted(botocore_token, attempt):
    assert outcome(botocore_token(attempt), attempt) == Granted(principal=ROLE)


@settings(deadline=None)
@given(attempts, st.floats(0, 1))
def test_a_signed_token_is_accepted_all_its_life(attempt, part):
    token = sign(**attempt)
    later = int(attempt["now"]) + part * attempt["expires_s"]

    assert outcome(token, {**attempt, "now": later}) == Granted(principal=ROLE)


@settings(deadline=None)
@given(attempts, st.floats(1, 1e9))
def test_a_signed_token_is_never_accepted_after_its_life(attempt, late_s):
    token = sign(**attempt)
    later = int(attempt["now"]) + attempt["expires_s"] + late_s

    assert isinstance(outcome(token, {**attempt, "now": later}), Refusal)


@settings(deadline=None)
@given(attempts, st.sampled_from(["access_key_id", "secret_access_key", "session_token"]))
def test_a_token_made_with_another_key_is_refused(attempt, part):
    key = attempt["credential"]
    other = {name: getattr(key, name) for name in key.__dataclass_fields__}
    other[part] = f"{other[part] or ''}x"

    assert isinstance(
        outcome(sign(**{**attempt, "credential": Credential(**other)}), attempt), Refusal
    )


def spelt_alike(one: str, other: str) -> bool:
    """Whether two tokens differ in nothing but how host and percent-encoding are spelt."""
    first, second = parse(one), parse(other)
    return (
        isinstance(first, PresignedToken)
        and isinstance(second, PresignedToken)
        and first.host.lower() == second.host.lower()
        and (first.query, first.signature) == (second.query, second.signature)
    )


@settings(deadline=None, max_examples=500)
@given(attempts, st.data())
def test_a_token_with_any_byte_changed_is_refused(attempt, data):
    token = sign(**attempt)
    place = data.draw(st.integers(0, len(token) - 1))
    byte = data.draw(st.characters(max_codepoint=0xFF))
    changed = data.draw(
        st.sampled_from(
            [
                token[:place] + byte + token[place + 1 :],
                token[:place] + byte + token[place:],
                token[:place] + token[place + 1 :],
            ]
        )
    )

    if not spelt_alike(token, changed):
        assert isinstance(outcome(changed, attempt), Refusal)


def test_a_token_with_any_bit_flipped_is_refused():
    attempt: Attempt = {
        "host": "aaaaaaaaaaaaaaaaaaaaaaaaaa.dsql.us-east-1.on.aws",
        "user": "app",
        "region": "us-east-1",
        "now": 1731001173.0,
        "credential": Credential(
            access_key_id="ASIAEXAMPLE",
            secret_access_key="secret",
            session_token="a/session+token==",
            principal=ROLE,
            session_arn=None,
            expires_at=None,
        ),
    }
    token = sign(**attempt).encode()

    accepted = []
    for place in range(len(token)):
        for bit in range(8):
            changed = bytearray(token)
            changed[place] ^= 1 << bit
            text = changed.decode("latin-1")
            if isinstance(outcome(text, attempt), Granted):
                accepted.append(text)

    # Case means nothing in a host's 38 letters, nor in the hexadecimal letters of %2F, %2B, %3D.
    assert all(spelt_alike(text, token.decode()) for text in accepted)
    assert len(accepted) == sum(map(str.isalpha, attempt["host"])) + 8


@settings(deadline=None)
@given(st.text() | st.text(PRINTABLE).map("h/?".__add__), attempts)
def test_whatever_comes_as_a_password_is_refused_and_nothing_worse(password, attempt):
    assert isinstance(outcome(password, attempt), Refusal)
