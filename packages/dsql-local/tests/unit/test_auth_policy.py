"""Policies: what parses, and what is decided."""

from typing import Any

import pytest

from dsql_local.auth import parse_policy
from dsql_local.auth.condition import Request
from dsql_local.auth.policy import Decision, decide
from dsql_local.errors import PolicyMalformed

ARN = "arn:aws:dsql:us-east-1:111122223333:cluster/aaaaaaaaaaaaaaaaaaaaaaaaaa"
ALLOWED = Decision("allow")
NOTHING_ALLOWS = Decision("implicit deny")
DENIED = Decision("explicit deny")


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A policy document."""
    return {"Version": version, "Statement": list(statements)}


def statement(effect: str = "Allow", **changes: Any) -> dict[str, Any]:
    """A statement on connecting to the cluster; a None leaves an element out."""
    base = {"Effect": effect, "Action": "dsql:DbConnect", "Resource": ARN, **changes}
    return {name: value for name, value in base.items() if value is not None}


def decision(*documents: dict[str, Any], action: str = "dsql:DbConnect") -> Decision:
    """What *documents* say about connecting."""
    request = Request(
        action=action,
        resource=ARN,
        principal="arn:aws:iam::111122223333:role/app",
        region="us-east-1",
        now=1731001173,
    )
    return decide([parse_policy(each) for each in documents], request)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Action": "*"},
        {"Action": "*:*"},
        {"Action": "dsql:*"},
        {"Action": "DSQL:dbconnect"},
        {"Action": "dsql:DbConn?ct"},
        {"Action": ["s3:GetObject", "dsql:DbConnect"]},
        {"Action": None, "NotAction": "dsql:DbConnectAdmin"},
        {"Action": None, "NotAction": ["s3:*", "iam:*"]},
        {"Resource": "*"},
        {"Resource": "arn:aws:dsql:*:*:cluster/*"},
        {"Resource": ["arn:aws:s3:::bucket", ARN]},
        {"Resource": None, "NotResource": "arn:aws:dsql:us-east-1:111122223333:cluster/b*"},
        {"Sid": "AllowConnect"},
        {"Condition": {}},
        {"Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}},
    ],
)
def test_a_statement_that_fits_allows(changes):
    assert decision(document(statement(**changes))) == ALLOWED


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": "dsql:DbConnectAdmin"},
        {"Action": "dsql:DbConnect?*"},
        {"Action": "dsql:Connect"},
        {"Action": "rds-db:connect"},
        {"Action": "s3:*"},
        {"Action": None, "NotAction": "dsql:*"},
        {"Action": None, "NotAction": "*"},
        {"Resource": ARN.upper().replace("ARN:", "arn:")},
        {"Resource": f"{ARN}b"},
        {"Resource": ARN.replace("us-east-1", "us-east-2")},
        {"Resource": "arn:aws:s3:::*"},
        {"Resource": None, "NotResource": "*"},
        {"Resource": None, "NotResource": ["arn:aws:s3:::bucket", ARN]},
        {"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}},
    ],
)
def test_a_statement_that_does_not_fit_neither_allows_nor_denies(changes):
    other = document(statement(**changes), statement("Deny", **changes))

    assert decision(other) == NOTHING_ALLOWS
    assert decision(other, document(statement())) == ALLOWED


def test_nothing_is_allowed_by_default():
    assert decision() == NOTHING_ALLOWS
    assert decision(document()) == NOTHING_ALLOWS


def test_the_admin_action_is_another_action():
    assert decision(document(statement()), action="dsql:DbConnectAdmin") == NOTHING_ALLOWS


@pytest.mark.parametrize("changes", [{}, {"Action": "*", "Resource": "*"}])
def test_an_explicit_deny_wins(changes):
    assert decision(document(statement(), statement("Deny", **changes))) == DENIED
    assert decision(document(statement("Deny", **changes)), document(statement())) == DENIED


UNSUPPORTED = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
UNDECIDABLE = Decision("undecidable", "condition key aws:SourceIp")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement(Condition=UNSUPPORTED)], UNDECIDABLE),
        ([statement(), statement("Deny", Condition=UNSUPPORTED)], UNDECIDABLE),
        ([statement("Deny", Condition=UNSUPPORTED)], UNDECIDABLE),
        # Whatever the condition is, the answer is the same:
        ([statement(), statement(Condition=UNSUPPORTED)], ALLOWED),
        ([statement("Deny"), statement(Condition=UNSUPPORTED)], DENIED),
        ([statement("Deny"), statement("Deny", Condition=UNSUPPORTED)], DENIED),
        ([statement(), statement("Deny", Action="s3:*", Condition=UNSUPPORTED)], ALLOWED),
        ([statement(Resource="arn:aws:s3:::b", Condition=UNSUPPORTED)], NOTHING_ALLOWS),
        (
            [
                statement(
                    Condition={**UNSUPPORTED, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
                )
            ],
            NOTHING_ALLOWS,
        ),
    ],
)
def test_an_unsupported_condition_decides_nothing(statements, expected):
    assert decision(document(*statements)) == expected
    assert decision(*(document(each) for each in reversed(statements))) == expected


VARIABLE = "arn:aws:dsql:us-east-1:111122223333:cluster/${aws:username}"
UNKNOWN_VARIABLE = Decision("undecidable", "policy variable ${aws:username}")


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement(Resource=VARIABLE)], UNKNOWN_VARIABLE),
        ([statement(Resource=None, NotResource=VARIABLE)], UNKNOWN_VARIABLE),
        ([statement(), statement("Deny", Resource=VARIABLE)], UNKNOWN_VARIABLE),
        ([statement(), statement("Deny", Resource=None, NotResource=VARIABLE)], UNKNOWN_VARIABLE),
        ([statement(Resource=[VARIABLE, ARN])], ALLOWED),
        ([statement(), statement("Deny", Resource="arn:aws:s3:::${aws:username}/*")], ALLOWED),
        ([statement(Resource=None, NotResource="arn:aws:s3:::${aws:username}/*")], ALLOWED),
        ([statement(Resource="${aws:username")], None),
    ],
)
def test_a_policy_variable_decides_nothing(statements, expected):
    if expected is None:
        with pytest.raises(PolicyMalformed):
            decision(document(*statements))
    else:
        assert decision(document(*statements)) == expected


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_in_the_first_version_a_variable_is_only_text(version):
    old = {"Version": version, "Statement": statement(Resource=VARIABLE)}
    old = {name: value for name, value in old.items() if value is not None}

    assert decision(old) == NOTHING_ALLOWS


def test_a_single_statement_need_not_be_in_a_list():
    assert decision({"Id": "one", "Statement": statement()}) == ALLOWED


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (None, "the document is not a JSON object"),
        ([], "the document is not a JSON object"),
        ("{}", "the document is not a JSON object"),
        ({1: 2}, "the document is not a JSON object"),
        ({}, "it has no Statement"),
        ({"Version": "2012-10-17"}, "it has no Statement"),
        (document(version="2012-10-18"), "Version is neither 2008-10-17 nor 2012-10-17"),
        ({"Version": [], "Statement": []}, "Version is neither 2008-10-17 nor 2012-10-17"),
        ({"Statement": [], "Statements": []}, "the document has an element 'Statements'"),
        ({"Statement": ["x"]}, "Statement[0] is not a JSON object"),
        (document(statement(), statement(Effect="allow")), "Statement[1].Effect is neither"),
        (document(statement(Effect=["Allow"])), "Statement[0].Effect is neither"),
        (document(statement(Effect=None)), "Statement[0].Effect is neither"),
        (document(statement(Sid=1)), "Statement[0].Sid is not a string"),
        (document(statement(Principal="*")), "Statement[0] has an element 'Principal'"),
        (document(statement(action="dsql:*")), "Statement[0] has an element 'action'"),
        (document(statement(Action=None)), "Statement[0] must have either Action or NotAction"),
        (document(statement(NotAction="a:b")), "Statement[0] must have either Action or NotAction"),
        (document(statement(Action=[])), "Statement[0].Action is empty"),
        (document(statement(Action=1)), "Statement[0].Action is neither a string nor a list"),
        (document(statement(Action=["a:b", None])), "Statement[0].Action is neither a string"),
        (document(statement(Action="DbConnect")), "action 'DbConnect' which is not <service>"),
        (document(statement(Action="ds*:DbConnect")), "action 'ds*:DbConnect' which is not"),
        (document(statement(Action="dsql:")), "action 'dsql:' which is not <service>:<action>"),
        (document(statement(Action="dsql:Db${x}")), "which is not <service>:<action>"),
        (document(statement(Action="dsql:DbConnect\n")), "which is not <service>:<action>"),
        (document(statement(Resource=None)), "must have either Resource or NotResource"),
        (document(statement(NotResource="*")), "must have either Resource or NotResource"),
        (document(statement(Resource=[])), "Statement[0].Resource is empty"),
        (document(statement(Resource="cluster/a")), "resource 'cluster/a' which is neither an ARN"),
        (document(statement(Resource="arn:aws:dsql")), "which is neither an ARN nor *"),
        (document(statement(Condition=[])), "Condition is not a JSON object"),
    ],
)
def test_a_malformed_document_is_an_error_that_names_the_place(broken, what):
    with pytest.raises(PolicyMalformed) as raised:
        parse_policy(broken)

    assert what in raised.value.what
