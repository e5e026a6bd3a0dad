import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from vela.dsql.token import Credentials, credential_chain, sign
from vela.errors import SettingsError

HOST = "abcdefghijklmnopqrstuvwxy2.dsql.us-east-1.on.aws"
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
KEY = Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="wJalrXUtnFEMI")


def token(**changes):
    asked: dict[str, Any] = {
        "host": HOST,
        "region": "us-east-1",
        "user": "app",
        "credentials": KEY,
        "now": NOW,
    }
    return sign(**(asked | changes))


def test_a_token_is_a_presigned_request_without_its_scheme():
    assert token().startswith(
        f"{HOST}/?Action=DbConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-east-1%2Fdsql%2Faws4_request"
        "&X-Amz-Date=20261122T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature="
    )


def test_admin_and_nobody_else_asks_for_the_action_of_admin():
    assert "Action=DbConnectAdmin&" in token(user="admin")
    assert "Action=DbConnect&" in token(user="administrator")


def test_an_action_of_the_callers_choice_is_signed_as_asked():
    assert token(user="app", action="DbConnectAdmin") == token(user="admin")


def test_a_time_of_another_zone_is_the_same_moment():
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))

    assert token(now=elsewhere) == token()


@pytest.mark.parametrize(
    "change",
    [
        {"host": HOST.replace("dsql", "dsql-fnh4")},
        {"region": "us-east-2"},
        {"user": "admin"},
        {"now": NOW + timedelta(seconds=1)},
        {"expires_s": 901},
        {"credentials": Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="other")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_signature_covers_everything_a_token_says(change):
    assert token(**change).rpartition("=")[2] != token().rpartition("=")[2]


def test_credentials_come_from_what_lambda_sets():
    env = {
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session",
    }

    assert Credentials.from_env(env) == Credentials(
        access_key_id="AKID", secret_access_key="secret", session_token="session"
    )


def test_credentials_without_a_session_have_none():
    env = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": ""}

    assert Credentials.from_env(env).session_token is None


def test_missing_credentials_are_told_by_their_names():
    with pytest.raises(SettingsError, match="AWS_SECRET_ACCESS_KEY") as refused:
        Credentials.from_env({"AWS_ACCESS_KEY_ID": "AKID"})

    assert "AWS_ACCESS_KEY_ID" not in refused.value.what


def test_credentials_do_not_show_their_secrets():
    shown = repr(Credentials(access_key_id="AKID", secret_access_key="hush", session_token="still"))

    assert "AKID" in shown
    assert "hush" not in shown
    assert "still" not in shown


def test_outside_lambda_credentials_are_those_botocore_finds(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDCHAIN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")

    assert credential_chain()() == Credentials(
        access_key_id="AKIDCHAIN", secret_access_key="secret", session_token="session"
    )


def test_a_chain_without_credentials_says_how_to_get_some(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(SettingsError, match="no AWS credentials were found"):
        credential_chain()()


def test_a_chain_without_botocore_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    with pytest.raises(SettingsError, match="botocore is not installed"):
        credential_chain()
