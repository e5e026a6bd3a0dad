"""What is typed, and what is shown of a server."""

from importlib.metadata import version

import pytest

import dsql_local
from dsql_local.cli import arguments, commands
from dsql_local.endpoint import Endpoint
from dsql_local.options import Options, default_data_dir
from dsql_local.ready_file import Running


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        arguments.parse(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"dsql-local {version('dsql-local')}\n"
    assert dsql_local.__version__ == version("dsql-local")


@pytest.mark.parametrize("option", ["-U", "--username", "--user"])
def test_psql_takes_the_user_as_psql_does(option):
    assert arguments.parse(["psql", option, "app"]).user == "app"


def test_no_secret_is_shown():
    server = Running(
        pid=1,
        host="127.0.0.1",
        port=5432,
        control_url="http://127.0.0.1:1",
        control_secret="secret-a",
        ca_file="ca.pem",
        region="us-east-1",
        account="123456789012",
        data_dir="data",
        endpoint="a.dsql.us-east-1.on.aws",
        access_key_id="AKIA",
        secret_access_key="secret-b",
    )

    assert "secret-" not in repr(Endpoint.of(server))


def test_a_server_elsewhere_is_announced_with_its_ready_file(tmp_path):
    near, far = Options(data_dir=default_data_dir()), Options(data_dir=tmp_path / "a b")

    found = [commands._named(each) for each in (near, far)]

    assert found == ["", f" --ready-file '{tmp_path / 'a b' / 'ready.json'}'"]
