"""Signing, against signatures published by others."""

import dataclasses
from functools import partial

import pytest

from dsql_local.auth import Credential, action_for, sign
from dsql_local.auth.sigv4 import signing_key

CREDENTIAL = Credential(
    access_key_id="access_key",
    secret_access_key="secret_key",
    session_token=None,
    principal="arn:aws:iam::111122223333:role/app",
    session_arn=None,
    expires_at=None,
)
NOW = 1731001173.0  # 2024-11-07T17:39:33Z


# The signatures stand in the AWS CLI's functional tests of generate-db-connect-auth-token and
# generate-db-connect-admin-auth-token (github.com/aws/aws-cli, tests/functional/dsql).
@pytest.mark.parametrize(
    ("user", "action", "signature"),
    [
        ("app", "DbConnect", "e319d85380261f643d78a558f76257f05aacea758a6ccd42a2510e2ae0854a47"),
        (
            "admin",
            "DbConnectAdmin",
            "a08adc4c84a490014ce374b90c98ba9ed015b77b451c0d9f9fb3f8ca8c6f9c36",
        ),
    ],
)
def test_a_token_is_the_one_the_aws_cli_makes(user, action, signature):
    token = sign(
        host="test.dsql.us-east-1.on.aws",
        user=user,
        region="us-east-1",
        credential=CREDENTIAL,
        now=NOW,
    )

    assert token == (
        f"test.dsql.us-east-1.on.aws/?Action={action}&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=access_key%2F20241107%2Fus-east-1%2Fdsql%2Faws4_request"
        "&X-Amz-Date=20241107T173933Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
        f"&X-Amz-Signature={signature}"
    )


def test_a_session_token_stands_just_before_the_signature():
    credential = dataclasses.replace(CREDENTIAL, session_token="a+b/c=")

    token = sign(host="h", user="app", region="r", credential=credential, now=NOW)

    assert "&X-Amz-SignedHeaders=host&X-Amz-Security-Token=a%2Bb%2Fc%3D&X-Amz-Signature=" in token


def test_a_fraction_of_a_second_does_not_count():
    made = partial(sign, host="h", user="app", region="r", credential=CREDENTIAL)

    assert made(now=NOW) == made(now=NOW + 0.999)


def test_a_changed_secret_changes_the_signing_key_at_once():
    before = signing_key("first", "20241107", "us-east-1")

    assert signing_key("second", "20241107", "us-east-1") != before
    assert signing_key("first", "20241107", "us-east-1") == before


@pytest.mark.parametrize(
    ("user", "action"),
    [("admin", "DbConnectAdmin"), ("Admin", "DbConnect"), ("", "DbConnect"), ("app", "DbConnect")],
)
def test_only_the_user_admin_needs_the_admin_action(user, action):
    assert action_for(user) == action


def test_a_credential_does_not_show_its_secrets():
    credential = dataclasses.replace(CREDENTIAL, session_token="session-token")

    assert "secret_key" not in repr(credential)
    assert "session-token" not in repr(credential)
