import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT

from vela.cli.surroundings import Surroundings, context_of
from vela.errors import MachineError, SettingsError
from vela.local import LocalSettings
from vela.ops.facts.resolver import InternetResolver
from vela.ops.facts.unknown import Unknown
from vela.ops.target import Target

VELA = Path(sys.executable).with_name("vela")


def aws(home: Path, **context: str) -> Surroundings:
    settings = LocalSettings.of(PROJECT, home=home)
    return Surroundings.of(settings, target=Target.AWS, context=context)


def test_options_stand_over_context_and_empty_ones_are_left_out():
    told = context_of(
        ["stage=development", "zones=us-east-1a,us-east-1c"], stage="production", domain=None
    )

    assert told == {"stage": "production", "zones": "us-east-1a,us-east-1c"}


@pytest.mark.parametrize("pair", ["stage", "=production", ""])
def test_context_that_is_no_pair_is_refused(pair):
    with pytest.raises(SettingsError, match="name=value"):
        context_of([pair])


def test_an_assembly_is_kept_for_each_account_and_each_context(tmp_path):
    plain, named = aws(tmp_path), aws(tmp_path, domain="www.example.com")

    kept = {
        place.cdk(account).assembly
        for place in (plain, named)
        for account in ("123456789012", "210987654321")
    }

    assert len(kept) == 4
    assert all(path.is_relative_to(tmp_path) for path in kept)


def test_the_cdk_cli_is_told_the_account_that_calls(tmp_path):
    environment = aws(tmp_path).cdk("123456789012").environment

    assert environment["CDK_DEFAULT_ACCOUNT"] == "123456789012"
    assert environment["VELA_LAMBDA_TARGET"] == "lambda"


def test_on_aws_the_internet_answers_for_names(tmp_path):
    assert isinstance(aws(tmp_path).resolver(), InternetResolver)


def test_a_local_cloud_that_does_not_run_is_one_line(tmp_path):
    settings = LocalSettings.of(PROJECT, home=tmp_path)

    with pytest.raises(MachineError, match="make up"):
        Surroundings.of(settings, target=Target.LOCAL, context={})


def test_without_credentials_the_doctor_says_so_and_blocks(tmp_path):
    nobody = {
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [VELA, "doctor", "--home", tmp_path],
        cwd=PROJECT,
        env={**kept, **nobody, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert "credentials-absent" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("context", "fix"),
    [
        ({"domain": "http://www.example.com"}, "Give the name alone"),
        ({"domain": "[/x].com"}, "Give the name alone"),
        ({"domain": "www.example.com"}, "Add --context certificate"),
        ({"domain": "www.example.com", "certificate": "arn:aws:acm:eu-west-1:1:c"}, "us-east-1"),
        ({"stage": "prod"}, "Set it to development or production"),
        ({"zones": "us-east-1a"}, "Name two zones"),
        ({"hostedZone": "Z0123"}, "Add --context domain"),
    ],
)
def test_an_option_that_is_wrong_keeps_its_own_remedy(tmp_path, context, fix):
    told = aws(tmp_path, **context).inquiry(lambda _: None).planning("123456789012")

    assert isinstance(told, Unknown)
    assert told.reason.startswith(tuple(context))
    assert fix in told.remedy
    assert "AWS CLI" not in told.remedy


def test_what_is_no_host_name_is_looked_for_nowhere(tmp_path):
    domains = [
        aws(tmp_path, domain=name).inquiry(lambda _: None).domain
        for name in ("http://www.example.com", "www.example.com", "")
    ]

    assert domains == [None, "www.example.com", None]
