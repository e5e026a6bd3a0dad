"""The commands, as a user types them."""

import os
import shlex
import subprocess
import sys

import psycopg
import pytest

from dsql_local.cli.arguments import parser

COMMAND = (sys.executable, "-m", "dsql_local")


BAD_VALUES = [
    ["serve", "--port", "65536"],
    ["serve", "--port", "http"],
    ["serve", "--region", "../us-east-1"],
    ["serve", "--account", "1"],
]


def run(*arguments, env=None):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | (env or {}),
        timeout=60,
    )


@pytest.fixture
def ready(server):
    return server.data_dir / "ready.json"


def test_env_points_libpq_at_the_server_and_token_opens_it(ready):
    exports = run("env", "--ready-file", ready).stdout
    names = dict(shlex.split(line)[1].split("=", 1) for line in exports.splitlines())
    token = run("token", "--ready-file", ready).stdout.strip()
    libpq = {
        "host": names["PGHOST"],
        "hostaddr": names["PGHOSTADDR"],
        "port": names["PGPORT"],
        "user": names["PGUSER"],
        "dbname": names["PGDATABASE"],
        "sslmode": names["PGSSLMODE"],
        "sslrootcert": names["PGSSLROOTCERT"],
    }

    assert names["PGSSLMODE"] == "verify-full"
    assert names["AWS_REGION"] == "us-east-1"
    with psycopg.connect(**libpq, password=token) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("admin",)


def test_token_is_for_the_role_asked_for(ready):
    admin, other = (
        run("token", "--ready-file", ready, "--user", u).stdout for u in ("admin", "app")
    )

    assert "Action=DbConnectAdmin&" in admin
    assert "Action=DbConnect&" in other
    assert "X-Amz-Expires=5&" in run("token", "--ready-file", ready, "--expires-in", 5).stdout


def test_hosts_prints_a_line_for_the_hosts_file(server, ready):
    assert run("hosts", "--ready-file", ready).stdout == f"127.0.0.1 {server.facts.endpoint}\n"


@pytest.mark.parametrize("command", ["env", "token", "psql", "hosts"])
def test_without_a_server_a_command_says_how_to_start_one(command, tmp_path):
    ended = run(command, env={"XDG_DATA_HOME": str(tmp_path)})

    assert ended.returncode != 0
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("dsql-local: no server is ready")
    assert "dsql-local serve" in line


def test_a_ready_file_that_is_none_is_named(tmp_path):
    (tmp_path / "f").write_text("[]")

    ended = run("env", "--ready-file", tmp_path / "f")

    assert ended.returncode != 0
    assert f"{tmp_path}/f does not describe a server" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_psql_there_is_one_clear_line(ready, tmp_path):
    ended = run("psql", "--ready-file", ready, env={"PATH": str(tmp_path)})

    assert ended.returncode == 127
    assert ended.stderr.startswith("dsql-local: psql is not installed. ")


def test_a_server_without_a_cluster_of_its_own_says_so(data_dir):
    output = data_dir / "ready.json"
    command = [*COMMAND, "serve", "--data-dir", data_dir, "--port", "0", "--no-admin-cluster"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as started:
        try:
            while not output.exists():
                assert started.poll() is None
            ended = run("env", "--ready-file", output)
        finally:
            started.terminate()

    assert ended.returncode != 0
    assert "--no-admin-cluster" in ended.stderr


def test_a_region_the_data_directory_is_not_of_is_refused(serve, data_dir):
    with serve(data_dir):
        pass

    ended = run("serve", "--data-dir", data_dir, "--port", 0, "--region", "eu-west-1")

    assert ended.returncode != 0
    assert "us-east-1" in ended.stderr


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["env", "--nonsense"], *BAD_VALUES])
def test_a_wrong_command_line_shows_the_usage(arguments):
    ended = run(*arguments)

    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: dsql-local")


def test_purge_refuses_a_directory_in_use_and_forgets_any_other(serve, data_dir):
    with serve(data_dir) as server:
        refused = run("purge", "--data-dir", data_dir)
        with server.cluster.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

    assert refused.returncode != 0
    assert "serves" in refused.stderr
    assert run("purge", "--data-dir", data_dir).returncode == 0
    assert not data_dir.exists()
    assert run("purge", "--data-dir", data_dir).returncode == 0
    data_dir.mkdir()


def test_the_readme_names_every_command(request):
    readme = (request.config.rootpath / "packages" / "dsql-local" / "README.md").read_text()
    (subparsers,) = (a for a in parser()._actions if isinstance(a.choices, dict))

    for name in subparsers.choices:
        assert f"dsql-local {name}" in readme
