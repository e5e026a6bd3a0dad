"""Who is changing a stack, read out of a change set's name."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.ops.execute.holder import change_set_name, told_by, whom

NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)


def test_a_change_set_tells_who_made_it_and_when():
    name = change_set_name(user="Ada L.", machine="desk.local", now=NOON)

    assert name == "vela-ada-l-desk-local-20261122t120005z"
    assert told_by(name) == "by ada-l-desk-local since 2026-11-22 12:00:05 UTC"


def test_it_is_read_out_of_an_arn_too():
    name = change_set_name(user="ada", machine="desk", now=NOON)
    arn = f"arn:aws:cloudformation:us-east-1:123456789012:changeSet/{name}/4a-b"

    assert told_by(arn) == "by ada-desk since 2026-11-22 12:00:05 UTC"


@pytest.mark.parametrize(
    "other", ["", "cdk-deploy-change-set", "vela-ada", "arn:aws:x:changeSet/y/z"]
)
def test_a_change_set_of_something_else_tells_nobody(other):
    assert told_by(other) is None


@given(st.text(), st.text())
def test_any_user_and_machine_make_a_name_cloudformation_takes(user, machine):
    name = change_set_name(user=user, machine=machine, now=NOON)

    assert re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]*", name)
    assert len(name) <= 128
    assert f"by {whom(user, machine)} since" in (told_by(name) or "")
