"""What a change set's name tells: who, when, of which deployment, and from what to what."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.ops.plan.change_set import NOTHING, ChangeSet, Kind, digest, read, told_by, whom

NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
DEPLOYS = ChangeSet(
    who=whom("Ada L.", "desk.local"),
    when=NOON,
    kind=Kind.DEPLOYS,
    deployment=NOON - timedelta(hours=1),
    before=NOTHING,
    after=digest({"Resources": {}}),
    version="0123abcd",
)
UNDOES = replace(DEPLOYS, kind=Kind.UNDOES, version="", before=DEPLOYS.after, after="0" * 12)


def test_a_change_set_tells_who_made_it_and_when():
    assert DEPLOYS.name.startswith("vela-ada-l-desk-local-20261122t120005z-deploys-0123abcd-")
    assert told_by(DEPLOYS.name) == "by ada-l-desk-local since 2026-11-22 12:00:05 UTC"


@pytest.mark.parametrize("made", [DEPLOYS, UNDOES])
def test_it_is_read_out_of_its_name_and_its_arn(made):
    arn = f"arn:aws:cloudformation:us-east-1:123456789012:changeSet/{made.name}/4a-b"

    assert read(made.name) == read(arn) == made
    assert told_by(arn) == "by ada-l-desk-local since 2026-11-22 12:00:05 UTC"


@pytest.mark.parametrize(
    "other", ["", "cdk-deploy-change-set", "vela-ada", "arn:aws:x:changeSet/y/z"]
)
def test_a_change_set_of_something_else_tells_nothing(other):
    assert told_by(other) is None
    assert read(other) is None


def test_a_name_without_what_it_does_still_tells_who():
    assert told_by("vela-ada-desk-20261122t120005z") == "by ada-desk since 2026-11-22 12:00:05 UTC"
    assert read("vela-ada-desk-20261122t120005z") is None


@given(st.text(), st.text())
def test_any_user_and_machine_make_a_name_cloudformation_takes(user, machine):
    made = replace(DEPLOYS, who=whom(user, machine), before=DEPLOYS.after)

    assert re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]*", made.name)
    assert len(made.name) <= 128
    assert f"by {whom(user, machine)} since" in (told_by(made.name) or "")


def test_a_digest_is_that_of_the_content_as_cloudformation_gives_it_back():
    written = {"b": ["ü"], "a": {"x": 1}}
    given_back = {"a": {"x": 1}, "b": ["?"]}

    assert digest(written) == digest(given_back) != digest({"a": {"x": 2}, "b": ["?"]})
    assert digest({}) == digest(None) == NOTHING
