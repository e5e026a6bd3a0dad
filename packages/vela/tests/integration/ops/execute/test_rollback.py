"""What does not work, and what is not to be deployed, by real runs; the whole story is in `e2e`."""

import json

import pytest
from e2e.mutation import edited, resources

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lifecycle"), pytest.mark.timeout(600)]

DEPLOY = ("deploy", "--count", "1", "--yes")
RED = "\x1b[1;31m"
ROLLBACK = ("rollback", "--count", "1", "--yes")


def verified(account):
    path = account.platform.home / "reports" / "local" / "verification.json"
    return json.loads(path.read_text(encoding="utf-8"))["passed"]


def unreachable(template):
    """Take the API's way to the database away, as an edit of its environment would."""
    for function in resources(template, "AWS::Lambda::Function"):
        if function["Properties"].get("FunctionName") == "vela-api":
            function["Properties"]["Environment"]["Variables"]["DSQL_DATABASE_ROLE"] = "nobody"


def test_what_does_not_work_is_told_with_the_way_back_which_works(account):
    account.vela(*DEPLOY)
    with edited(account.platform, "ApiStack", unreachable):
        broken = account.vela(*DEPLOY, check=False)
        found = verified(account)

    back = account.vela(*ROLLBACK)

    assert broken.returncode == 1
    assert "vela: E509" in broken.stderr
    assert "`vela rollback`" in broken.stderr
    assert not found
    assert "every check made" in back.stderr
    assert verified(account)


def test_where_nothing_was_deployed_there_is_nothing_to_go_back_to(account):
    account.vela("destroy", "--yes")

    done = account.vela(*ROLLBACK, check=False)

    assert done.returncode == 1
    assert "vela: E508" in done.stderr
    assert "Run `vela deploy`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_renamed_table_is_shown_in_red_and_not_deployed(account):
    account.vela(*DEPLOY)
    coloured = account.platform.env(FORCE_COLOR="1", TERM="xterm")

    with edited(account.platform, "DatabaseStack", renamed):
        planned = account.plan()
        shown = account.platform.vela("plan", "--target", "local", check=False, env=coloured).stdout
        refused = account.vela(*DEPLOY, check=False)
        tables = account.client("dynamodb").list_tables()["TableNames"]

    (change,) = (c for step in planned["steps"] for c in step.get("changes", []))
    (line,) = (line for line in shown.splitlines() if "DATA ARE LOST" in line)
    assert (change["action"], change["data_at_risk"]) == ("replaced", True)
    assert planned["data_at_risk"] == [change["logical_id"]]
    assert RED in line
    assert refused.returncode == 2
    assert "vela: E502" in refused.stderr
    assert "vela-profiles" in refused.stderr
    assert "Nothing was changed" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "vela-profiles" in tables
    assert "vela-profile" not in tables
    assert account.plan()["steps"] == []


def renamed(template):
    (table,) = (
        resource
        for resource in resources(template, "AWS::DynamoDB::Table")
        if resource["Properties"]["TableName"] == "vela-profiles"
    )
    table["Properties"]["TableName"] = "vela-profile"
