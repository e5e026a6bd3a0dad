"""When a deployed value is what a template says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.ops.verify.likeness import agrees, same_members

IDS = {"Role": "Api-Role-1A2B", "Secret": "arn:aws:secretsmanager:us-east-1:1:secret:s-1"}
values = st.recursive(
    st.text() | st.integers() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("python3.13", "python3.13"),
        (15, 15),
        ({"Ref": "Secret"}, IDS["Secret"]),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::1:role/Api-Role-1A2B"),
        ({"Fn::ImportValue": "DatabaseStack:Exported"}, "subnet-1"),
        ({"Fn::Join": ["", [{"Ref": "Unknown"}, ".us-east-1.on.aws"]]}, "abc.us-east-1.on.aws"),
        ({"Fn::Sub": "arn:${AWS::Partition}:s3:::b"}, "arn:aws:s3:::b"),
        ([1, {"Ref": "Secret"}], [IDS["Secret"], 1]),
    ],
)
def test_a_value_the_template_makes_agrees(wanted, found):
    assert agrees(wanted, found, IDS)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("python3.13", "python3.12"),
        ({"Ref": "Secret"}, "arn:aws:secretsmanager:us-east-1:1:secret:other"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::1:role/Somebody"),
        ({"Fn::ImportValue": "DatabaseStack:Exported"}, ""),
        ({"Fn::ImportValue": "DatabaseStack:Exported"}, None),
        ({"Fn::Join": ["", [{"Ref": "Unknown"}, ".us-east-1.on.aws"]]}, "abc.eu-west-1.on.aws"),
        ({"A": 1}, {"A": 1, "B": 2}),
        ({"A": 1, "B": 2}, {"A": 1}),
        ([1], [1, 1]),
        ([1, 2], [1]),
        ({"A": 1}, None),
    ],
)
def test_any_other_value_does_not(wanted, found):
    assert not agrees(wanted, found, IDS)


@given(values)
def test_everything_agrees_with_itself(value):
    assert agrees(value, value, {})


@given(st.lists(st.integers()), st.randoms())
def test_the_order_of_members_says_nothing(members, dice):
    shuffled = list(members)
    dice.shuffle(shuffled)

    assert same_members(members, shuffled, {})
    assert not same_members(members, [*shuffled, 0], {})
