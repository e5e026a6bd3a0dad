"""Laws of IAM decisions."""

import contextlib
import itertools
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dsql_local.auth import Policy, parse_policy
from dsql_local.auth.condition import Request
from dsql_local.auth.glob import arn_matches, compile_arn, compile_glob
from dsql_local.auth.policy import Decision, decide
from dsql_local.errors import PolicyMalformed

ARN = "arn:aws:dsql:us-east-1:111122223333:cluster/abc"
REQUEST = Request(
    action="dsql:DbConnect",
    resource=ARN,
    principal="arn:aws:iam::111122223333:role/app",
    region="us-east-1",
    now=1731001173,
)
TRUE = {"Bool": {"aws:SecureTransport": "true"}}
FALSE = {"Bool": {"aws:SecureTransport": "false"}}
UNSUPPORTED = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
ALSO_UNSUPPORTED = {"StringEquals": {"aws:PrincipalTag/team": "a"}}

actions = st.sampled_from(["dsql:DbConnect", "dsql:*", "*", "dsql:DbConnectAdmin", "s3:GetObject"])
resources = st.sampled_from([ARN, "*", "arn:aws:dsql:*:*:cluster/*", "arn:aws:s3:::bucket"])
conditions = st.sampled_from([{}, TRUE, FALSE, UNSUPPORTED, ALSO_UNSUPPORTED])
Statement = dict[str, Any]


def statements(*effects: str) -> st.SearchStrategy[Statement]:
    """Statements of these effects."""
    return st.builds(
        lambda effect, action, action_of, resource, resource_of, condition: {
            "Effect": effect,
            action: action_of,
            resource: resource_of,
            "Condition": condition,
        },
        st.sampled_from(effects),
        st.sampled_from(["Action", "Action", "NotAction"]),
        actions | st.lists(actions, min_size=1, max_size=2),
        st.sampled_from(["Resource", "Resource", "NotResource"]),
        resources | st.lists(resources, min_size=1, max_size=2),
        conditions,
    )


some = st.lists(statements("Allow", "Deny"), max_size=5)


def parsed(listed: list[Statement]) -> Policy:
    """One policy of these statements."""
    return parse_policy({"Version": "2012-10-17", "Statement": listed})


def decided(listed: list[Statement]) -> Decision:
    """What one policy of these statements decides."""
    return decide([parsed(listed)], REQUEST)


def granted(listed: list[Statement]) -> bool:
    """Whether one policy of these statements lets the connection in."""
    return decided(listed).outcome == "allow"


@given(some, statements("Deny"))
def test_adding_a_deny_never_grants(listed, deny):
    if granted([*listed, deny]):
        assert granted(listed)


@given(some, statements("Allow"))
def test_adding_an_allow_never_takes_away(listed, allow):
    if granted(listed):
        assert granted([*listed, allow])


@given(some, statements("Allow"))
def test_adding_an_allow_never_lifts_an_explicit_deny(listed, allow):
    if decided(listed).outcome == "explicit deny":
        assert decided([*listed, allow]).outcome == "explicit deny"


@given(some, st.randoms(use_true_random=False))
def test_the_order_of_statements_never_matters(listed, dice):
    shuffled = dice.sample(listed, len(listed))

    assert decided(shuffled) == decided(listed)


@given(some, st.randoms(use_true_random=False))
def test_the_order_and_grouping_of_policies_never_matters(listed, dice):
    apart = [parsed([each]) for each in dice.sample(listed, len(listed))]

    assert decide(apart, REQUEST) == decided(listed)


@given(st.lists(statements("Deny"), max_size=4))
def test_without_an_allow_nothing_is_granted(listed):
    assert not granted(listed)


def outcomes_however_it_is(listed: list[Statement]) -> set[str]:
    """Every outcome there is when each unsupported condition may be true or false."""
    choices = [
        [TRUE, FALSE]
        if statement["Condition"] in (UNSUPPORTED, ALSO_UNSUPPORTED)
        else [statement["Condition"]]
        for statement in listed
    ]
    return {
        decided(
            [{**each, "Condition": chosen} for each, chosen in zip(listed, world, strict=True)]
        ).outcome
        for world in itertools.product(*choices)
    }


@settings(deadline=None)
@given(some)
def test_a_decision_is_given_exactly_if_no_unsupported_condition_could_change_it(listed):
    possible = outcomes_however_it_is(listed)
    outcome = decided(listed).outcome

    assert possible == {outcome} or (outcome == "undecidable" and len(possible) > 1)


patterns = st.text("ab*?.", max_size=8)
texts = st.text("ab.", max_size=8)


@given(patterns, texts)
def test_a_glob_matches_as_the_plain_regular_expression_does(pattern, text):
    plain = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)

    assert bool(compile_glob(pattern).fullmatch(text)) == bool(re.fullmatch(plain, text))


@given(st.lists(texts, min_size=6, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_an_arn_matches_itself_with_any_parts_starred(fields, starred):
    pattern = ":".join("*" if star else part for star, part in zip(starred, fields, strict=True))

    assert arn_matches(compile_arn(pattern), ":".join(fields))


@given(st.lists(patterns, min_size=6, max_size=6), st.lists(texts, min_size=6, max_size=6))
def test_parts_of_equal_number_match_one_by_one(part_patterns, fields):
    one_by_one = all(
        compile_glob(pattern).fullmatch(field)
        for pattern, field in zip(part_patterns, fields, strict=True)
    )

    assert arn_matches(compile_arn(":".join(part_patterns)), ":".join(fields)) == one_by_one


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)
elements = st.sampled_from(
    ["Version", "Statement", "Effect", "Action", "Resource", "Condition", "Bool", "Sid"]
)


@settings(deadline=None)
@given(
    json_values
    | st.dictionaries(elements, json_values)
    | st.fixed_dictionaries({"Statement": st.dictionaries(elements, json_values)})
)
def test_any_document_is_parsed_or_is_malformed(document):
    policies = []
    with contextlib.suppress(PolicyMalformed):
        policies.append(parse_policy(document))

    assert decide(policies, REQUEST) == Decision("implicit deny")
