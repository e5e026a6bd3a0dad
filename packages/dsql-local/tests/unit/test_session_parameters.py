"""What a client may ask for at startup."""

import pytest

from dsql_local.session import parameters
from dsql_local.wire.messages import Problem
from dsql_local.wire.startup import StartupMessage


def read(**given):
    return parameters.read(StartupMessage(major=3, minor=0, parameters=given))


def test_postgresql_is_told_the_user_the_one_database_and_the_settings_asked_for():
    found = read(user="app", database="postgres", DateStyle="ISO", application_name="x")

    assert isinstance(found, parameters.Request)
    assert found.backend_parameters() == {
        "user": "app",
        "database": "postgres",
        "datestyle": "ISO",
        "application_name": "x",
    }


def test_the_database_is_the_users_name_unless_given():
    found = read(user="app")

    assert isinstance(found, parameters.Request)
    assert found.database == "app"


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ("-c search_path=a", {"search_path": "a"}),
        ("-csearch_path=a --extra-float-digits=2", {"search_path": "a", "extra_float_digits": "2"}),
        (r"-c search_path=a\ b\\c", {"search_path": "a b\\c"}),
        ("-c search_path=a -c search_path=b", {"search_path": "b"}),
        ("", {}),
    ],
)
def test_options_are_read_as_postgresql_reads_them(options, settings):
    found = read(user="app", options=options)

    assert isinstance(found, parameters.Request)
    assert found.settings == settings


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"statement_timeout": "1"}, "statement_timeout"),
        ({"replication": "database"}, "replication"),
        ({"options": "-c role=x"}, "role"),
        ({"options": "-d 5"}, "-d"),
        ({"options": "-c"}, "-c"),
    ],
)
def test_anything_else_is_refused_by_name(given, name):
    expected = f'setting configuration parameter "{name}" not supported'
    assert read(user="app", **given) == Problem(sqlstate="0A000", message=expected)


def test_a_nameless_user_is_refused():
    found = read(user="")

    assert isinstance(found, Problem)
    assert found.sqlstate == "28000"


def test_a_setting_of_aurora_dsqls_own_is_kept_under_a_name_of_ours():
    found = read(user="app", disable_sync_create_index="off")

    assert isinstance(found, parameters.Request)
    assert found.settings == {"dsql_local.disable_sync_create_index": "off"}
