"""What pg_dump asks the catalogue for, it gets."""

import subprocess

import psycopg

from dsql_local.postgres import binaries


def test_pg_dump_reads_the_catalogue_and_leaves_out_what_is_our_own(postgres):
    """Without the server in front, as pg_dump sets what a proxy has to take out for the service."""
    with psycopg.connect(host=postgres, user="admin", dbname="postgres", autocommit=True) as admin:
        admin.execute("CREATE TABLE dumped (id int PRIMARY KEY, a text)")
    program = binaries.installed() / "bin" / "pg_dump"
    command = [program, "-h", postgres, "-U", "dsql_local", "--schema-only", "postgres"]

    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stderr
    assert "CREATE TABLE public.dumped" in said.stdout
    assert "CREATE SCHEMA sys" in said.stdout
    assert "CREATE SCHEMA pg_dsql_local" not in said.stdout
    assert "EVENT TRIGGER" not in said.stdout
