"""Three-valued logic, as whole truth tables."""

import pytest

from dsql_local.auth.truth import Truth, Unsupported, all_of, any_of, negate

UNKNOWN = Unsupported("u")

OR: dict[tuple[Truth, ...], Truth] = {
    (): False,
    (False, False): False,
    (False, True): True,
    (True, True): True,
    (False, UNKNOWN): UNKNOWN,
    (True, UNKNOWN): True,
    (UNKNOWN, UNKNOWN): UNKNOWN,
}
AND: dict[tuple[Truth, ...], Truth] = {
    (): True,
    (False, False): False,
    (False, True): False,
    (True, True): True,
    (False, UNKNOWN): False,
    (True, UNKNOWN): UNKNOWN,
    (UNKNOWN, UNKNOWN): UNKNOWN,
}


@pytest.mark.parametrize(("truths", "joined"), OR.items())
def test_or_is_true_if_anything_is(truths, joined):
    assert any_of(truths) == joined
    assert any_of(reversed(truths)) == joined


@pytest.mark.parametrize(("truths", "joined"), AND.items())
def test_and_is_false_if_anything_is(truths, joined):
    assert all_of(truths) == joined
    assert all_of(reversed(truths)) == joined


@pytest.mark.parametrize(("truth", "negated"), [(True, False), (False, True), (UNKNOWN, UNKNOWN)])
def test_negation_leaves_the_unknown_unknown(truth, negated):
    assert negate(truth) == negated


def test_which_unknown_is_reported_does_not_depend_on_the_order():
    first, second = Unsupported("a"), Unsupported("b")

    assert any_of((first, second)) == any_of((second, first)) == first
    assert all_of((first, second)) == all_of((second, first)) == first
