"""Faults, as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsql_local.faults import OC000, OC001, Drop, Faults
from dsql_local.faults.named import FAULTS, armed, described, is_fault, may_befall


def test_nothing_goes_wrong_unless_it_is_armed():
    faults = Faults()

    assert faults.at_commit() is None
    assert faults.at_statement() == 0
    assert faults.at_connect() is None
    assert faults.at_authentication() == 0


def test_each_fault_is_met_once_for_each_time_in_the_order_of_arming():
    faults = Faults()
    armed(faults, "lose_oc001")
    armed(faults, "drop_after_commit", times=2)
    armed(faults, "lose_oc000")

    met = [faults.at_commit() for _ in range(5)]

    assert met == [OC001, Drop.AFTER, Drop.AFTER, OC000, None]


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_armed_is_told_by_its_name_and_can_be_cleared(name):
    faults = Faults()

    armed(faults, name, times=3, seconds=1)

    assert described(faults) == {"armed": {name: 3}}
    faults.clear()
    assert described(faults) == {"armed": {}}


def test_a_changed_schema_may_show_at_a_statement_and_nothing_else_may():
    faults = Faults()
    armed(faults, "lose_oc001", at="statement")

    assert described(faults) == {"armed": {"lose_oc001": 1}}
    assert (faults.at_commit(), faults.at_access(), faults.at_access()) == (None, OC001, None)
    assert [name for name in FAULTS if may_befall("statement", name)] == ["lose_oc001"]
    assert all(may_befall("commit", name) for name in FAULTS)
    assert not may_befall("noon", "lose_oc001")


def test_what_was_not_met_after_all_is_met_next():
    faults = Faults()
    armed(faults, "lose_oc001")
    faults.unmet(OC000)

    assert [faults.at_commit() for _ in range(3)] == [OC000, OC001, None]


@given(st.lists(st.sampled_from(sorted(FAULTS))))
def test_every_occasion_meets_its_own_faults_and_no_other(names):
    faults = Faults()
    for name in names:
        armed(faults, name, seconds=1)

    commits = sum(name.startswith(("lose", "drop")) for name in names)
    refusals = sum(name.startswith("refuse") for name in names)

    assert sum(faults.at_commit() is not None for _ in names) == commits
    assert sum(faults.at_connect() is not None for _ in names) == refusals
    assert sum(faults.at_statement() for _ in names) == names.count("delay")
    assert sum(faults.at_authentication() > 0 for _ in names) == names.count("expire_credentials")
    assert described(faults) == {"armed": {}}


@pytest.mark.parametrize("name", ["", "earthquake", None, 1, "LOSE_OC000"])
def test_no_other_name_is_a_fault(name):
    assert not is_fault(name)
