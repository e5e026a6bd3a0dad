"""psql, as Debian ships it."""

import os
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")


@pytest.fixture
def psql(dsql_cluster):
    environment = dsql_cluster.environment() | {"PGPASSWORD": dsql_cluster.token()}

    def run(*statements, check=True):
        commands = [part for statement in statements for part in ("-c", statement)]
        return subprocess.run(
            ["psql", "-XAt", *commands],
            capture_output=True,
            text=True,
            check=check,
            env=os.environ | environment,
        )

    return run


def test_psql_describes_a_table(psql):
    psql("CREATE TABLE orders (id bigint PRIMARY KEY, note text)")

    assert "id|bigint||not null|" in psql("\\d orders").stdout


def test_psql_lists_tables_schemas_roles_and_functions(psql):
    psql("CREATE TABLE orders (id bigint PRIMARY KEY)")
    found = psql("\\dt", "\\dn", "\\du", "\\df sys.*", "\\l")

    assert {"public|orders|table|admin", "sys|dsql_local"} <= set(found.stdout.splitlines())
    assert "dsql_major_version" in found.stdout
    assert not found.stderr


def test_psql_copies_in_and_out(psql, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("1,one\n2,two\n")
    psql("CREATE TABLE numbers (id int PRIMARY KEY, name text)")

    assert psql(f"\\copy numbers FROM '{rows}' CSV").stdout == "COPY 2\n"
    assert psql("\\copy numbers TO STDOUT CSV").stdout == "1,one\n2,two\n"


def test_psql_shows_a_refusal(psql):
    found = psql("VACUUM", check=False)

    assert found.returncode == 1
    assert found.stderr == "ERROR:  unsupported VACUUM statement\n"


def test_two_statements_of_one_c_option_are_one_transaction(psql):
    found = psql("CREATE TABLE a (i int); CREATE TABLE b (i int)", check=False)

    assert "multiple ddl statements not supported in a transaction" in found.stderr
    assert psql("SELECT count(*) FROM pg_tables WHERE tablename IN ('a', 'b')").stdout == "0\n"
