"""The import graph is a budget: what Lambda loads on a cold start."""

import subprocess
import sys
from types import ModuleType

import pytest

import vela.dsql

EAGER = "import vela.dsql; [getattr(vela.dsql, name) for name in vela.dsql.__all__]"


def loaded_by(statement):
    """Names of the modules that a fresh interpreter has loaded after *statement*."""
    report = f"{statement}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_access_layer_loads_nothing_but_itself():
    loaded = loaded_by("import vela.dsql")

    assert {name for name in loaded if name.startswith("vela")} == {"vela", "vela.dsql"}


def test_signing_a_token_does_not_load_the_driver():
    assert "psycopg" not in loaded_by("from vela.dsql import sign, Credentials")


@pytest.mark.parametrize(
    "heavy",
    ["boto3", "botocore", "pydantic", "psycopg_pool", "aurora_dsql_psycopg", "aws_cdk", "requests"],
)
def test_using_all_of_the_access_layer_loads_no_heavy_module(heavy):
    assert heavy not in loaded_by(EAGER)


def test_every_public_name_is_what_it_says_and_not_its_module():
    values = {name: getattr(vela.dsql, name) for name in vela.dsql.__all__}

    assert not [name for name, value in values.items() if isinstance(value, ModuleType)]
    assert sorted(dir(vela.dsql)) == sorted(vela.dsql.__all__)


def test_a_name_it_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute"):
        vela.dsql.absent  # noqa: B018  reading it is the test
