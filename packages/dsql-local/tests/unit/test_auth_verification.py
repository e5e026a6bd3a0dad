"""Every reason for which a token is refused, each with DSQL's code, message and hint."""

import dataclasses
from typing import Any

import pytest

from dsql_local.auth import (
    ACCESS_DENIED,
    Credential,
    Granted,
    Refusal,
    authenticate,
    parse_policy,
    role_not_mapped,
    sign,
)

IDENTIFIER = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
PUBLIC = f"{IDENTIFIER}.dsql.us-east-1.on.aws"
PRIVATE = f"{IDENTIFIER}.dsql-fnh4.us-east-1.on.aws"
ARN = f"arn:aws:dsql:us-east-1:111122223333:cluster/{IDENTIFIER}"
ROLE = "arn:aws:iam::111122223333:role/app"
SESSION = "arn:aws:sts::111122223333:assumed-role/app/worker"
NOW = 1731001173.0  # 2024-11-07T17:39:33Z
KEY = Credential(
    access_key_id="ASIAEXAMPLE",
    secret_access_key="the+secret/key",
    session_token="the/session+token=",
    principal=ROLE,
    session_arn=SESSION,
    expires_at=NOW + 3600,
)
INVALID = "The security token included in the request is invalid."
WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided."
    " Check your AWS Secret Access Key and signing method."
)


def policy(**changes: Any) -> Any:
    """A policy that lets the role connect, save for *changes*."""
    statement = {"Effect": "Allow", "Action": "dsql:DbConnect", "Resource": ARN, **changes}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]})


def made(**changes: Any) -> str:
    """A token as the role would sign it, save for *changes*."""
    args = {"host": PUBLIC, "user": "app", "region": "us-east-1", "credential": KEY, "now": NOW}
    return sign(**{**args, **changes})


def outcome(token: str, **changes: Any) -> Granted | Refusal:
    """What becomes of *token*, in circumstances that are right save for *changes*."""
    circumstances: dict[str, Any] = {
        "user": "app",
        "host": PUBLIC,
        "cluster_arn": ARN,
        "region": "us-east-1",
        "hosts": frozenset({PUBLIC, PRIVATE}),
        "now": NOW,
        "credential": {KEY.access_key_id: KEY}.get,
        "policies": {ROLE: [policy()]}.get,
    }
    return authenticate(token, **{**circumstances, **changes})


def denied(hint: str) -> Refusal:
    """DSQL's refusal with *hint*."""
    return Refusal(sqlstate="08006", message=ACCESS_DENIED, hint=hint)


def knowing(**changes: Any) -> dict[str, Any]:
    """The circumstance that the server knows the key otherwise than its user does."""
    return {"credential": lambda _: dataclasses.replace(KEY, **changes)}


def test_a_right_token_proves_the_principal():
    assert outcome(made()) == Granted(principal=ROLE)


def test_a_token_without_session_proves_a_user():
    user = "arn:aws:iam::111122223333:user/dev"
    key = dataclasses.replace(
        KEY, session_token=None, session_arn=None, expires_at=None, principal=user
    )

    assert outcome(
        made(credential=key), credential=lambda _: key, policies={user: [policy()]}.get
    ) == Granted(principal=user)


@pytest.mark.parametrize("host", [PUBLIC, PRIVATE])
def test_a_token_is_good_for_the_host_it_was_made_for(host):
    assert outcome(made(host=host), host=host) == Granted(principal=ROLE)


@pytest.mark.parametrize("spelling", [PUBLIC.upper(), PUBLIC.title()])
def test_host_names_have_no_case(spelling):
    assert outcome(made(host=spelling)) == Granted(principal=ROLE)
    assert outcome(made(), host=spelling) == Granted(principal=ROLE)


@pytest.mark.parametrize(
    ("signed_for", "connected_to"),
    [
        (PUBLIC, PRIVATE),
        (PRIVATE, PUBLIC),
        (f"{'b' * 26}.dsql.us-east-1.on.aws", PUBLIC),
        (f"x{PUBLIC}", PUBLIC),
        ("localhost", "localhost"),
    ],
)
def test_a_token_for_another_host_is_refused(signed_for, connected_to):
    assert outcome(made(host=signed_for), host=connected_to) == denied(
        f"The token was generated for host {signed_for}, the connection is to {connected_to}."
        " Generate it for the host you connect to."
    )


def test_an_unknown_key_is_refused():
    assert outcome(made(), credential=lambda _: None) == denied(INVALID)


@pytest.mark.parametrize("known", [None, "", "another", "the/session+token"])
def test_another_session_token_than_the_keys_is_refused(known):
    assert outcome(made(), **knowing(session_token=known)) == denied(INVALID)


def test_a_missing_session_token_is_refused():
    bare = dataclasses.replace(KEY, session_token=None)

    assert outcome(made(credential=bare)) == denied(INVALID)


def test_a_token_signed_with_another_secret_is_refused():
    assert outcome(made(), **knowing(secret_access_key="another")) == denied(WRONG_SIGNATURE)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (PUBLIC, PRIVATE),
        ("Action=DbConnect&", "Action=DbConnectAdmin&"),
        ("X-Amz-Expires=900", "X-Amz-Expires=901"),
        ("20241107T173933Z", "20241107T173934Z"),
    ],
)
def test_a_token_changed_after_signing_is_refused(part, other):
    assert outcome(made().replace(part, other)) == denied(WRONG_SIGNATURE)


@pytest.mark.parametrize(
    ("part", "other", "hint"),
    [
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'),
        (
            "SignedHeaders=host",
            "SignedHeaders=host%3Bx-amz-date",
            "X-Amz-SignedHeaders must be 'host': a token has no other header.",
        ),
        ("Action=DbConnect", "Action=DbDrop", "Action must be one of DbConnect, DbConnectAdmin."),
        (
            "aws4_request",
            "aws5_request",
            "Credential should be scoped with a valid terminator: 'aws4_request'.",
        ),
        ("%2Fdsql%2F", "%2Frds-db%2F", "Credential should be scoped to correct service: 'dsql'."),
        (
            "%2Fus-east-1%2F",
            "%2Feu-west-1%2F",
            "Credential should be scoped to a valid region: 'us-east-1'.",
        ),
        (
            "%2F20241107%2F",
            "%2F20241106%2F",
            "Date in Credential scope does not match YYYYMMDD from X-Amz-Date: '20241107T173933Z'.",
        ),
    ],
)
def test_each_part_of_the_scope_must_be_right(part, other, hint):
    assert outcome(made().replace(part, other)) == denied(hint)


def test_a_malformed_token_is_refused_with_what_is_wrong():
    assert outcome(made(expires_s=604_801)) == denied(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires"
        " must be less than 604800 seconds"
    )


@pytest.mark.parametrize("late_s", [0, 1, 899, 900, 900.9])
def test_a_token_is_good_until_its_lifetime_is_over(late_s):
    assert outcome(made(), now=NOW + late_s) == Granted(principal=ROLE)


@pytest.mark.parametrize(
    ("expires_s", "late_s", "hint"),
    [
        (
            900,
            901,
            (
                "Signature expired: 20241107T173933Z is now earlier than 20241107T173934Z"
                " (20241107T175434Z - 15 min.)"
            ),
        ),
        (
            10,
            60,
            (
                "Signature expired: 20241107T173933Z is now earlier than 20241107T174023Z"
                " (20241107T174033Z - 10 sec.)"
            ),
        ),
    ],
)
def test_an_expired_token_is_refused(expires_s, late_s, hint):
    assert outcome(made(expires_s=expires_s), now=NOW + late_s) == denied(hint)


@pytest.mark.parametrize("ahead_s", [1, 300])
def test_a_clock_may_run_five_minutes_ahead(ahead_s):
    assert outcome(made(now=NOW + ahead_s)) == Granted(principal=ROLE)


def test_a_token_from_the_future_is_refused():
    assert outcome(made(now=NOW + 301)) == denied(
        "Signature not yet current: 20241107T174434Z is still later than 20241107T174433Z"
        " (20241107T173933Z + 5 min.)"
    )


@pytest.mark.parametrize("ended_s", [0, 1, 3600])
def test_a_token_ends_with_its_session_whatever_its_own_lifetime(ended_s):
    token = made(expires_s=604_800)

    assert outcome(token, now=NOW + 3600 + ended_s) == denied(
        "The security token included in the request is expired"
    )


@pytest.mark.parametrize(
    ("signed_by", "user", "action"),
    [("app", "admin", "DbConnect"), ("admin", "app", "DbConnectAdmin")],
)
def test_the_action_must_fit_the_user(signed_by, user, action):
    assert outcome(made(user=signed_by), user=user) == denied(
        f"Wrong user to action mapping. user: {user}, action: {action}"
    )


def test_a_user_name_is_shown_short_and_harmless():
    refusal = outcome(made(user="admin"), user="a\nb\x1b" + "c" * 100)

    assert refusal == denied(
        f"Wrong user to action mapping. user: a?b?{'c' * 59}, action: DbConnectAdmin"
    )


NOT_AUTHORIZED = f"User: {SESSION} is not authorized to perform: dsql:DbConnect on resource: {ARN} "


@pytest.mark.parametrize(
    ("policies", "because"),
    [
        ([], "because no identity-based policy allows the dsql:DbConnect action"),
        (
            [policy(Action="dsql:DbConnectAdmin")],
            "because no identity-based policy allows the dsql:DbConnect action",
        ),
        (
            [policy(), policy(Effect="Deny")],
            "with an explicit deny in an identity-based policy",
        ),
        (
            [policy(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
            "because dsql-local cannot evaluate condition key aws:SourceIp",
        ),
        (
            [policy(), policy(Effect="Deny", Condition={"Bool": {"aws:ViaAWSService": "true"}})],
            "because dsql-local cannot evaluate condition key aws:ViaAWSService",
        ),
    ],
)
def test_iam_must_allow_the_action(policies, because):
    assert outcome(made(), policies=lambda _: policies) == denied(NOT_AUTHORIZED + because)


def test_a_caller_without_session_is_named_by_its_principal():
    refusal = outcome(made(), **knowing(session_arn=None), policies=lambda _: [])

    assert isinstance(refusal, Refusal)
    assert refusal.hint is not None
    assert refusal.hint.startswith(f"User: {ROLE} is not authorized to perform: dsql:DbConnect")


def test_admin_needs_the_admin_action():
    admin = policy(Action="dsql:DbConnectAdmin")

    assert outcome(made(user="admin"), user="admin", policies=lambda _: [admin]) == Granted(
        principal=ROLE
    )


def test_a_role_that_is_not_mapped_is_told_apart_by_its_code_and_has_no_hint():
    assert role_not_mapped() == Refusal(sqlstate="28000", message=ACCESS_DENIED, hint=None)


def test_no_refusal_repeats_a_secret():
    circumstances: list[dict[str, Any]] = [
        {"now": NOW + 10_000},
        {"host": PRIVATE},
        {"user": "admin"},
        {"policies": lambda _: []},
        {"credential": lambda _: None},
        knowing(session_token="other"),
        knowing(secret_access_key="other"),
    ]
    texts = [repr(outcome(made(), **changes)) for changes in circumstances]

    for secret in (KEY.secret_access_key, KEY.session_token, made().rpartition("=")[2], "session+"):
        assert secret is not None
        assert not any(secret in text for text in texts)
