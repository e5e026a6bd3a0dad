"""AWS IAM GRANT and REVOKE, in every way a statement can be sent."""

import psycopg
import pytest

from dsql_local.wire.frames import frame

ARN = "arn:aws:iam::123456789012:role/app"
MAPPINGS = "SELECT arn, pg_role_name, grantor_pg_role_name FROM sys.iam_pg_role_mappings"


@pytest.fixture
def admin(cluster):
    """A connection of admin's to a cluster with one role."""
    with cluster.connect() as connection:
        connection.execute("CREATE ROLE app WITH LOGIN")
        yield connection


@pytest.mark.parametrize("prepare", [False, True], ids=["simple", "extended"])
def test_a_mapping_is_granted_and_revoked(admin, prepare):
    granted = admin.execute(f"AWS IAM GRANT app TO '{ARN}'", prepare=prepare)
    mapped = admin.execute(MAPPINGS).fetchall()
    revoked = admin.execute(f"AWS IAM REVOKE app FROM '{ARN}'", prepare=prepare)

    assert (granted.statusmessage, granted.description) == ("AWS IAM GRANT", None)
    assert mapped == [(ARN, "app", "admin")]
    assert revoked.statusmessage == "AWS IAM REVOKE"
    assert admin.execute(MAPPINGS).fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        f"aws iam grant app to '{ARN}'",
        f"  -- why\n/* a /* b */ */ AWS/**/IAM\tGrant APP\nTo '{ARN}' ; ",
        f"AWS IAM GRANT \"app\" TO '{ARN}'",
        f"SELECT 1; AWS IAM GRANT app TO '{ARN}'; SELECT ';'",
    ],
)
def test_case_comments_quotes_and_neighbours_do_not_matter(admin, statement):
    admin.execute(statement)

    assert admin.execute(MAPPINGS).fetchall() == [(ARN, "app", "admin")]


def test_several_statements_answer_in_their_order(admin):
    cursor = admin.execute(f"SELECT 1; AWS IAM GRANT app TO '{ARN}'; SHOW server_version; SELECT 2")
    tags = [cursor.statusmessage]
    while cursor.nextset():
        tags.append(cursor.statusmessage)

    assert tags == ["SELECT 1", "AWS IAM GRANT", "SHOW", "SELECT 1"]


def test_a_grant_in_a_pipeline_answers_in_its_place(admin):
    with admin.pipeline():
        before = admin.execute("SELECT 1")
        granted = admin.execute(f"AWS IAM GRANT app TO '{ARN}'")
        after = admin.execute("SELECT 2")

    assert (before.fetchone(), granted.statusmessage, after.fetchone()) == (
        (1,),
        "AWS IAM GRANT",
        (2,),
    )


def test_a_grant_that_is_rolled_back_did_not_happen(admin):
    admin.execute("BEGIN")
    admin.execute(f"AWS IAM GRANT app TO '{ARN}'")
    admin.execute("ROLLBACK")

    assert admin.execute(MAPPINGS).fetchall() == []


def test_the_text_within_a_string_is_left_alone(admin):
    text = f"AWS IAM GRANT app TO '{ARN}'"

    assert admin.execute(psycopg.sql.SQL("SELECT {}").format(text)).fetchone() == (text,)
    assert admin.execute(f"SELECT $x$; {text};$x$").fetchone() == (f"; {text};",)


@pytest.mark.parametrize(
    ("statement", "sqlstate", "message"),
    [
        ("AWS IAM GRANT app TO 'nonsense'", "22023", "IAM role must look like an IAM ARN"),
        (f"AWS IAM GRANT nobody TO '{ARN}'", "42704", "Role nobody does not exist"),
        (f"AWS IAM GRANT \"No'body\" TO '{ARN}'", "42704", "Role No'body does not exist"),
        (
            f"AWS IAM GRANT group_only TO '{ARN}'",
            "42501",
            "role group_only must have the LOGIN attribute",
        ),
        (
            f"AWS IAM GRANT admin TO '{ARN}'",
            "42501",
            "permission denied to grant IAM trust with role",
        ),
        (f"AWS IAM REVOKE app FROM '{ARN}'", "42704", f"IAM role {ARN} does not exist"),
        ("AWS IAM GRANT app", "42601", 'syntax error at or near "AWS"'),
    ],
)
@pytest.mark.parametrize("prepare", [False, True], ids=["simple", "extended"])
def test_an_error_says_what_aurora_dsql_says(admin, statement, sqlstate, message, prepare):
    admin.execute("CREATE ROLE group_only")

    with pytest.raises(psycopg.Error) as caught:
        admin.execute(statement, prepare=prepare)

    found = caught.value.diag
    assert (found.sqlstate, found.message_primary, found.context) == (sqlstate, message, None)


def test_the_same_grant_twice_is_an_error(admin):
    admin.execute(f"AWS IAM GRANT app TO '{ARN}'")

    with pytest.raises(psycopg.errors.DuplicateObject):
        admin.execute(f"AWS IAM GRANT app TO '{ARN}'")


def test_an_error_in_a_block_aborts_it(admin):
    admin.execute("BEGIN")
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        admin.execute("AWS IAM GRANT app TO 'nonsense'")

    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        admin.execute(f"AWS IAM GRANT app TO '{ARN}'")


def test_a_mapped_role_cannot_be_dropped(admin):
    admin.execute(f"AWS IAM GRANT app TO '{ARN}'")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist) as refused:
        admin.execute("DROP ROLE app")
    assert refused.value.diag.message_detail == "privileges for view sys.iam_pg_role_mappings"

    admin.execute(f"AWS IAM REVOKE app FROM '{ARN}'")
    admin.execute("DROP ROLE app")


def test_a_role_without_the_right_grants_nothing(cluster, policy):
    caller = cluster.server.identity("caller", policy("dsql:DbConnect"))
    cluster.grant("app", caller.principal)

    with cluster.connect(user="app", password=cluster.token(caller, user="app")) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"AWS IAM GRANT app TO '{ARN}'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE t (a int)")
        with pytest.raises(psycopg.errors.UndefinedTable):  # what is ours is nobody's to name
            connection.execute("INSERT INTO pg_dsql_local.iam_mappings SELECT")


def test_a_revoked_role_is_let_in_no_more(cluster, policy):
    caller = cluster.server.identity("caller", policy("dsql:DbConnect"))
    cluster.grant("app", caller.principal)
    token = cluster.token(caller, user="app")
    with cluster.connect(user="app", password=token), cluster.connect() as admin:
        admin.execute(f"AWS IAM REVOKE app FROM '{caller.principal}'")

    with pytest.raises(psycopg.OperationalError, match="access denied"):
        cluster.connect(user="app", password=token)


def test_admin_makes_roles_schemas_and_tables_and_grants_them(cluster, policy):
    caller = cluster.server.identity("caller", policy("dsql:DbConnect"))
    cluster.grant("app", caller.principal)
    with cluster.connect() as admin:
        admin.execute("CREATE SCHEMA s")
        admin.execute("CREATE TABLE s.t (a int)")
        admin.execute("GRANT USAGE ON SCHEMA s TO app")
        admin.execute("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA s TO app")
        with pytest.raises(psycopg.errors.DuplicateObject):
            admin.execute("CREATE ROLE app WITH LOGIN")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("CREATE ROLE root SUPERUSER")
        for forbidden in ("CREATE DATABASE d", "SET ROLE dsql_local"):
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                admin.execute(forbidden)

    with cluster.connect(user="app", password=cluster.token(caller, user="app")) as app:
        app.execute("INSERT INTO s.t VALUES (1)")
        assert app.execute("SELECT a FROM s.t").fetchall() == [(1,)]


def test_a_statement_postgresql_must_refuse_is_left_to_it(cluster):
    with cluster.raw() as wire:
        wire.start(cluster.token(cluster.server.owner))
        wire.messages("Z")
        wire.send(frame(b"Q", b"AWS IAM GRANT app TO 'x'"))  # no zero at its end

        assert wire.error()["C"] == "08P01"
