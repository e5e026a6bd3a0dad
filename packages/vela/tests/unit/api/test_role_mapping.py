import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.api.cloudformation import ResourceRequest
from vela.api.role_mapping import UNMADE, Work, answer_to
from vela.api.services.role_mapping import RoleMapping
from vela.dsql.deadline import Deadline
from vela.errors import SettingsError

HOST = "abcdefghijklmnopqrstuvwxyz.dsql-fnh4.us-east-1.on.aws"
ARN = "arn:aws:iam::123456789012:role/vela/ApiStack-FunctionRole-1ABC"
GOOD = {"ClusterEndpoint": HOST, "DatabaseRole": "vela_api", "RoleArn": ARN}


def request(type_, properties, physical_id=None) -> ResourceRequest:
    return ResourceRequest(
        type=type_,
        stack_id="stack",
        request_id="request-1",
        logical_id="DatabaseRole",
        response_url="https://example.com",
        physical_id=physical_id,
        properties=properties,
    )


def never(_seconds: float) -> None:
    raise AssertionError


def no_work() -> Work:
    """Work that fails at once, should it be begun: there are no credentials."""
    return Work(env={}, deadline=Deadline.after(0.0), sleep=never)


def test_the_properties_name_one_mapping():
    mapping = RoleMapping.parse(GOOD | {"ServiceToken": "ignored"})

    assert (mapping.endpoint.host, mapping.role, mapping.arn) == (HOST, "vela_api", ARN)
    assert mapping.physical_id == f"abcdefghijklmnopqrstuvwxyz/vela_api/{ARN}"


@pytest.mark.parametrize("name", ["ClusterEndpoint", "DatabaseRole", "RoleArn"])
def test_a_missing_property_is_refused(name):
    with pytest.raises(SettingsError):
        RoleMapping.parse({**GOOD, name: ""})


@pytest.mark.parametrize(
    "role", ["admin", "pg_read_all_data", "Vela", "a-b", 'a"b', "a" * 64, "1a"]
)
def test_a_role_that_is_not_ours_to_make_is_refused(role):
    with pytest.raises(SettingsError, match="DatabaseRole"):
        RoleMapping.parse({**GOOD, "DatabaseRole": role})


@pytest.mark.parametrize(
    "arn",
    [
        "*",
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:assumed-role/a/b",
        f"{ARN}'; DROP ROLE admin",
        f"{ARN}\n",
    ],
)
def test_an_arn_of_no_role_or_user_is_refused(arn):
    with pytest.raises(SettingsError, match="RoleArn"):
        RoleMapping.parse({**GOOD, "RoleArn": arn})


@given(st.text())
def test_no_role_that_passes_needs_quoting(text):
    try:
        role = RoleMapping.parse({**GOOD, "DatabaseRole": text}).role
    except SettingsError:
        return

    assert role.isidentifier()
    assert role == role.lower()


def test_another_arn_is_another_resource_so_that_the_old_one_is_deleted_last():
    old, new = (RoleMapping.parse(GOOD | {"RoleArn": ARN + end}) for end in "12")

    assert old.physical_id != new.physical_id


def test_what_cannot_even_be_asked_for_is_never_made():
    created = answer_to(request("Create", {}), no_work(), log_stream="s")

    assert created.physical_id == f"{UNMADE}request-1"
    assert "E100: DatabaseRole" in str(created.failed)


def test_the_deletion_that_follows_a_create_never_made_succeeds_without_connecting():
    deleted = answer_to(request("Delete", {}, f"{UNMADE}request-1"), no_work(), log_stream="s")

    assert deleted.failed is None


def test_a_failed_update_keeps_the_id_of_what_is_there():
    updated = answer_to(
        request("Update", GOOD | {"RoleArn": "*"}, "there"), no_work(), log_stream="s"
    )

    assert updated.physical_id == "there"
    assert updated.failed is not None


class Broken(dict[str, str]):
    """An environment that fails as only a bug does."""

    def __contains__(self, _: object) -> bool:
        raise ZeroDivisionError


def test_a_bug_becomes_an_answer_without_detail(caplog):
    broken = Work(env=Broken(), deadline=Deadline.after(1.0))

    answer = answer_to(request("Create", GOOD), broken, log_stream="2026/11/[1]abc")

    assert answer.failed == "a bug; see log stream 2026/11/[1]abc"
    (line,) = caplog.records
    assert (line.message, line.exc_info is None) == ("role_mapping.crashed", False)
