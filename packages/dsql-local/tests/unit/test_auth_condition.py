"""Conditions: what holds, what does not, and what cannot be said."""

import pytest

from dsql_local.auth.condition import KEYS, OPERATORS, Request, hold, parse_conditions
from dsql_local.auth.truth import Truth, Unsupported
from dsql_local.errors import PolicyMalformed

ROLE = "arn:aws:iam::111122223333:role/team/app"
REQUEST = Request(
    action="dsql:DbConnect",
    resource="arn:aws:dsql:us-east-1:444455556666:cluster/abc",
    principal=ROLE,
    region="us-east-1",
    now=1731001173,  # 2024-11-07T17:39:33Z
)


def truth(operator: str, key: str, values: object, *, variables: bool = True) -> Truth:
    """Whether the request of these tests meets one condition."""
    return hold(parse_conditions({operator: {key: values}}, variables=variables), REQUEST)


MET = [
    ("StringEquals", "aws:RequestedRegion", "us-east-1"),
    ("StringEquals", "AWS:requestedregion", ["eu-west-1", "us-east-1"]),
    ("StringEquals", "aws:PrincipalAccount", "111122223333"),
    ("StringEquals", "aws:PrincipalAccount", [111122223333]),
    ("StringEquals", "aws:ResourceAccount", "444455556666"),
    ("StringEqualsIfExists", "aws:RequestedRegion", "us-east-1"),
    ("StringNotEquals", "aws:RequestedRegion", ["eu-west-1", "eu-west-2"]),
    ("StringEqualsIgnoreCase", "aws:RequestedRegion", "US-East-1"),
    ("StringNotEqualsIgnoreCase", "aws:RequestedRegion", "EU-West-1"),
    ("StringLike", "aws:RequestedRegion", "us-*-?"),
    ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/team/*"),
    ("StringNotLike", "aws:RequestedRegion", "eu-*"),
    ("ArnEquals", "aws:PrincipalArn", ROLE),
    ("ArnLike", "aws:PrincipalArn", "arn:*:iam::111122223333:role/*"),
    ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::999999999999:role/*", ROLE]),
    ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/other"),
    ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:user/*"),
    ("Bool", "aws:SecureTransport", "true"),
    ("Bool", "aws:SecureTransport", True),
    ("Bool", "aws:SecureTransport", ["false", "TRUE"]),
    ("DateLessThan", "aws:CurrentTime", "2024-11-07T17:39:34Z"),
    ("DateLessThan", "aws:CurrentTime", "2024-11-08"),
    ("DateLessThan", "aws:EpochTime", 1731001174),
    ("DateLessThanEquals", "aws:CurrentTime", "2024-11-07T18:39:33+01:00"),
    ("DateGreaterThan", "aws:EpochTime", "1731001172.5"),
    ("DateGreaterThanEquals", "aws:CurrentTime", "2024-11-07T17:39:33Z"),
    ("DateEquals", "aws:EpochTime", "1731001173"),
    ("DateNotEquals", "aws:EpochTime", "1731001174"),
]
NOT_MET = [
    ("StringEquals", "aws:RequestedRegion", "US-EAST-1"),
    ("StringEquals", "aws:RequestedRegion", "us-*"),
    ("StringNotEquals", "aws:RequestedRegion", ["eu-west-1", "us-east-1"]),
    ("StringNotEqualsIgnoreCase", "aws:RequestedRegion", "US-EAST-1"),
    ("StringLike", "aws:RequestedRegion", "US-*"),
    ("StringNotLike", "aws:RequestedRegion", ["eu-*", "us-*"]),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam:*:role/*:x"),
    ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"),
    ("Bool", "aws:SecureTransport", "false"),
    ("DateLessThan", "aws:CurrentTime", "2024-11-07T17:39:33Z"),
    ("DateGreaterThan", "aws:CurrentTime", "2024-11-07T17:39:33Z"),
    ("DateNotEquals", "aws:EpochTime", "1731001173"),
]
UNDECIDED = [
    ("StringEquals", "aws:SourceIp", "10.0.0.1", "condition key aws:SourceIp"),
    ("StringEquals", "aws:PrincipalTag/team", "a", "condition key aws:PrincipalTag/team"),
    ("IpAddress", "aws:SourceIp", "10.0.0.0/8", "condition key aws:SourceIp"),
    ("Null", "aws:RequestedRegion", "false", "condition operator Null"),
    ("NumericLessThan", "aws:EpochTime", 1, "condition operator NumericLessThan"),
    (
        "ForAnyValue:StringEquals",
        "aws:RequestedRegion",
        "us-east-1",
        "condition operator ForAnyValue:StringEquals",
    ),
    (
        "StringEquals",
        "aws:CurrentTime",
        "2024-11-07",
        "condition operator StringEquals on key aws:CurrentTime",
    ),
    (
        "BoolIfExists",
        "aws:RequestedRegion",
        "true",
        "condition operator BoolIfExists on key aws:RequestedRegion",
    ),
    (
        "StringEquals",
        "aws:RequestedRegion",
        ["us-east-1", "${aws:PrincipalTag/region}"],
        "policy variable ${aws:PrincipalTag/region}",
    ),
    (
        "ArnLike",
        "aws:PrincipalArn",
        "*",
        "an ARN condition whose value has not the six parts of an ARN",
    ),
]
MALFORMED = [
    ("stringequals", "aws:RequestedRegion", "x", "there is no condition operator 'stringequals'"),
    ("NullIfExists", "aws:RequestedRegion", "x", "there is no condition operator 'NullIfExists'"),
    ("StringEquals", "aws:RequestedRegion", [], "has nothing, or no plain value, to compare with"),
    ("StringEquals", "aws:SourceIp", None, "has nothing, or no plain value, to compare with"),
    ("StringEquals", "aws:SourceIp", [["x"]], "has nothing, or no plain value, to compare with"),
    ("Bool", "aws:SecureTransport", "yes", "'yes' is neither true nor false"),
    ("DateLessThan", "aws:CurrentTime", "soon", "'soon' is neither an ISO 8601 date nor epoch"),
]


@pytest.mark.parametrize(("operator", "key", "values"), MET)
def test_a_condition_holds(operator, key, values):
    assert truth(operator, key, values) is True


@pytest.mark.parametrize(("operator", "key", "values"), NOT_MET)
def test_a_condition_does_not_hold(operator, key, values):
    assert truth(operator, key, values) is False


@pytest.mark.parametrize(("operator", "key", "values", "what"), UNDECIDED)
def test_what_cannot_be_evaluated_is_named_and_neither_true_nor_false(operator, key, values, what):
    assert truth(operator, key, values) == Unsupported(what)


@pytest.mark.parametrize(("operator", "key", "values", "what"), MALFORMED)
def test_a_malformed_condition_is_an_error(operator, key, values, what):
    with pytest.raises(PolicyMalformed) as raised:
        truth(operator, key, values)

    assert what in raised.value.what


@pytest.mark.parametrize("element", [None, [], "x", {"StringEquals": []}, {"StringEquals": "x"}])
def test_a_condition_is_an_object_of_objects(element):
    with pytest.raises(PolicyMalformed):
        parse_conditions(element, variables=True)


def test_every_operator_and_key_has_a_condition_that_holds():
    met = {(operator.removesuffix("IfExists"), key.lower()) for operator, key, _ in MET}

    assert {operator for operator, _ in met} == OPERATORS.keys()
    assert {key for _, key in met} == KEYS.keys()


def test_no_condition_at_all_holds():
    assert hold(parse_conditions({}, variables=True), REQUEST) is True


def test_conditions_must_hold_together():
    conditions = parse_conditions(
        {
            "StringEquals": {
                "aws:RequestedRegion": "us-east-1",
                "aws:PrincipalAccount": "999999999999",
            },
            "Bool": {"aws:SecureTransport": "true"},
        },
        variables=True,
    )

    assert hold(conditions, REQUEST) is False


def test_before_policy_variables_a_dollar_is_a_dollar():
    assert truth("StringEquals", "aws:RequestedRegion", "${x}", variables=False) is False
