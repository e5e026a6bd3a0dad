"""Django with aurora-dsql-django: the contrib apps, migrated and used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("django_program.py")


@pytest.fixture
def django(dsql_environment):
    def run(command):
        done = subprocess.run(
            [sys.executable, PROGRAM, command],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | dsql_environment,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_the_contrib_apps_are_migrated_and_used(django):
    found = django("round-trip")

    assert found["groups"] == ["writers"]
    assert found["may_add_users"]
    assert found["password"]
    assert (found["seen"], found["log"], found["permissions"]) == (3, 1, 24)
    assert {"auth_user", "django_admin_log", "django_session"} <= set(found["tables"])


def test_a_migration_that_changes_a_type_stops_as_it_does_on_aurora_dsql(django):
    """The adapter's KNOWN_ISSUES.md names auth.0002 as the first of six."""
    found = django("migrate")

    assert found["problem"][0] == "0A000"
    assert found["problem"][1].startswith("unsupported ALTER TABLE ALTER COLUMN ... SET DATA TYPE")
    assert ["auth", "0001_initial"] in found["applied"]
    assert ["auth", "0002_alter_permission_name_max_length"] not in found["applied"]
