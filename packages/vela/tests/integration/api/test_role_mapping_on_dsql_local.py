"""The custom resource against a real stand-in: what CloudFormation asks, and what is then mapped."""

from itertools import count

import pytest

from vela.dsql.pool import Pool
from vela.errors import RoleNotMapped

HANDLER = "vela.api.role_mapping.handler"
NUMBERS = count(1)


@pytest.fixture
def role():
    """A database role no other test uses."""
    return f"mapped_{next(NUMBERS)}"


@pytest.fixture
def start_maker(dsql_local, function_env, start_worker):
    """Start the custom resource's function: a role of its own, which alone may become admin."""
    principal = dsql_local.principal("mapping-maker", "dsql:DbConnectAdmin")
    env = function_env(principal)
    for name in ("DSQL_ENDPOINT", "DSQL_CLUSTER_ARN", "DSQL_DATABASE_ROLE"):
        del env[name]  # CloudFormation names them in each request
    return lambda: start_worker(HANDLER, env, seconds=60.0)


@pytest.fixture
def maker(start_maker):
    return start_maker()


@pytest.fixture
def request_of(dsql_local, role, response_url):
    def make(type_, arn, physical_id=None):
        event = {
            "RequestType": type_,
            "RequestId": f"request-{next(NUMBERS)}",
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/ApiStack/1",
            "ResponseURL": response_url.url,
            "ResourceType": "Custom::DsqlDatabaseRole",
            "LogicalResourceId": "DatabaseRole",
            "ResourceProperties": {
                "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:maker",
                "ClusterEndpoint": dsql_local.ready["endpoint"],
                "DatabaseRole": role,
                "RoleArn": arn,
            },
        }
        return event | ({"PhysicalResourceId": physical_id} if physical_id else {})

    return make


@pytest.fixture
def ask(maker, response_url, request_of):
    """Do as CloudFormation does; give its answer's status and physical id."""

    def asking(type_, arn, physical_id=None):
        maker(request_of(type_, arn, physical_id))
        answer = response_url.answer
        assert answer["Status"] == "SUCCESS", answer["Reason"]
        return answer["PhysicalResourceId"]

    return asking


@pytest.fixture
def mapped(dsql_local, role):
    """The ARNs mapped to the role, as the cluster tells."""

    def query() -> set[str]:
        with dsql_local.pool("admin", dsql_local.admin) as pool, pool.connection() as conn:
            rows = conn.execute(
                "SELECT arn FROM sys.iam_pg_role_mappings WHERE pg_role_name = %s", [role]
            )
            return {arn for (arn,) in rows}

    return query


def logs_in(dsql_local, principal, role) -> bool:
    with Pool(dsql_local.settings(role), credentials=lambda: principal.credentials) as pool:
        try:
            with pool.connection() as conn:
                return conn.execute("SELECT current_user").fetchone() == (role,)
        except RoleNotMapped:
            return False


def test_after_a_create_the_iam_role_logs_in_as_the_database_role(dsql_local, ask, role):
    principal = dsql_local.principal("mapping-one", "dsql:DbConnect")

    physical_id = ask("Create", principal.arn)

    cluster_id = dsql_local.ready["endpoint"].split(".")[0]
    assert physical_id == f"{cluster_id}/{role}/{principal.arn}"
    assert logs_in(dsql_local, principal, role)


def test_a_create_that_is_repeated_changes_nothing(dsql_local, ask, mapped, maker):
    arn = dsql_local.principal("mapping-one", "dsql:DbConnect").arn

    first, second = ask("Create", arn), ask("Create", arn)

    assert first == second
    assert mapped() == {arn}
    names = [line["message"] for line in maker.lines()]
    assert names == [
        "role_mapping.role_created",
        "role_mapping.granted",
        "custom_resource.answered",
        "role_mapping.already_granted",
        "custom_resource.answered",
    ]


def test_two_creates_at_once_both_succeed(
    dsql_local, start_maker, request_of, response_url, mapped
):
    arn = dsql_local.principal("mapping-one", "dsql:DbConnect").arn
    makers = [start_maker() for _ in range(4)]

    for maker in makers:
        maker.begin(request_of("Create", arn))
    for maker in makers:
        maker.finish()

    assert [put.body.get("Reason") for put in response_url.puts] == [None] * len(makers)
    assert mapped() == {arn}


def test_a_replaced_iam_role_is_mapped_before_the_old_one_is_unmapped(dsql_local, ask, mapped):
    old = dsql_local.principal("mapping-old", "dsql:DbConnect").arn
    new = dsql_local.principal("mapping-new", "dsql:DbConnect").arn
    old_id = ask("Create", old)

    new_id = ask("Update", new, old_id)
    during = mapped()
    ask("Delete", old, old_id)  # CloudFormation's clean-up, since the physical id changed

    assert new_id != old_id
    assert (during, mapped()) == ({old, new}, {new})


def test_an_update_that_is_rolled_back_ends_where_it_began(dsql_local, ask, mapped):
    old = dsql_local.principal("mapping-old", "dsql:DbConnect").arn
    new = dsql_local.principal("mapping-new", "dsql:DbConnect").arn
    old_id = ask("Create", old)

    new_id = ask("Update", new, old_id)
    back_id = ask("Update", old, new_id)
    ask("Delete", new, new_id)

    assert (back_id, mapped()) == (old_id, {old})


def test_a_delete_ends_the_mapping_and_repeated_changes_nothing(dsql_local, ask, mapped, role):
    principal = dsql_local.principal("mapping-one", "dsql:DbConnect")
    physical_id = ask("Create", principal.arn)

    ask("Delete", principal.arn, physical_id)
    ask("Delete", principal.arn, physical_id)

    assert mapped() == set()
    assert not logs_in(dsql_local, principal, role)


def test_mappings_of_others_stay(dsql_local, ask, mapped):
    ours = dsql_local.principal("mapping-one", "dsql:DbConnect").arn
    theirs = dsql_local.principal("mapping-theirs", "dsql:DbConnect").arn
    physical_id = ask("Create", ours)
    ask("Create", theirs)

    ask("Delete", ours, physical_id)

    assert mapped() == {theirs}


def test_a_role_deleted_and_created_again_is_mapped_again(dsql_local, ask, mapped):
    arn = dsql_local.principal("mapping-one", "dsql:DbConnect").arn
    ask("Delete", arn, ask("Create", arn))

    ask("Create", arn)

    assert mapped() == {arn}


def test_a_sleeping_cluster_is_waited_for(dsql_local, ask, mapped, maker):
    arn = dsql_local.principal("mapping-one", "dsql:DbConnect").arn
    cluster_id = dsql_local.ready["endpoint"].split(".")[0]
    dsql_local.control("PUT", f"/clusters/{cluster_id}/status", {"status": "INACTIVE"})

    ask("Create", arn)

    assert mapped() == {arn}
    assert [line["code"] for line in maker.lines("dsql.retry")] == ["E220"]


def test_a_policy_that_counts_only_later_is_waited_for(
    dsql_local, maker, request_of, response_url, mapped
):
    arn = dsql_local.principal("mapping-one", "dsql:DbConnect").arn
    admin = dsql_local.principal("mapping-maker")  # may do nothing yet

    maker.begin(request_of("Create", arn))
    maker.wait_for_line("dsql.retry")
    dsql_local.allow(admin.arn, "dsql:DbConnectAdmin")
    maker.finish()

    assert response_url.answer["Status"] == "SUCCESS"
    assert mapped() == {arn}
    assert {line["code"] for line in maker.lines("dsql.retry")} == {"E213"}


def test_a_missing_permission_fails_with_the_fix(
    dsql_local, function_env, start_worker, request_of, response_url
):
    nobody = dsql_local.principal("mapping-nobody")
    maker = start_worker(HANDLER, function_env(nobody), seconds=4.0)

    maker(request_of("Create", "arn:aws:iam::123456789012:role/any"))

    reason = response_url.answer["Reason"]
    assert response_url.answer["Status"] == "FAILED"
    assert reason.startswith("E213: ")
    assert "dsql:DbConnectAdmin" in reason
