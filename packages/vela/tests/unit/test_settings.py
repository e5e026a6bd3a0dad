import re
from pathlib import Path

import pytest

import vela.dsql.token
import vela.settings
from vela.errors import SettingsError
from vela.settings import CA_BUNDLES, DsqlSettings, Endpoint

CLUSTER = "abcdefghijklmnopqrstuvwxy2"
PUBLIC = f"{CLUSTER}.dsql.us-east-1.on.aws"
PRIVATE = f"{CLUSTER}.dsql-fnh4.us-east-1.on.aws"
ARN = f"arn:aws:dsql:us-east-1:123456789012:cluster/{CLUSTER}"
ENV = {"DSQL_ENDPOINT": PRIVATE, "DSQL_DATABASE_ROLE": "vela_api", "DSQL_CLUSTER_ARN": ARN}


def settings(env=None, *, files=CA_BUNDLES, **changes):
    return DsqlSettings.from_env({**ENV, **(env or {}), **changes}, is_file=lambda f: f in files)


def test_a_public_host_tells_cluster_and_region():
    endpoint = Endpoint.parse(PUBLIC)

    assert (endpoint.cluster_id, endpoint.region) == (CLUSTER, "us-east-1")
    assert endpoint.private is False
    assert str(endpoint) == PUBLIC


def test_a_private_host_tells_the_same():
    endpoint = Endpoint.parse(PRIVATE)

    assert (endpoint.cluster_id, endpoint.region) == (CLUSTER, "us-east-1")
    assert endpoint.private is True


@pytest.mark.parametrize("region", ["us-gov-west-1", "ap-southeast-2", "eu-central-1"])
def test_every_form_of_region_is_read(region):
    assert Endpoint.parse(f"{CLUSTER}.dsql.{region}.on.aws").region == region


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        CLUSTER,
        f"https://{PUBLIC}",
        f"{PUBLIC}:5432",
        f"{PUBLIC}.",
        f"{PUBLIC}\n",
        PUBLIC.upper(),
        f"x{PUBLIC}",
        f"{CLUSTER}.us-east-1.on.aws",
        f"{CLUSTER}.dsql.us-east-1.amazonaws.com",
        f"{CLUSTER}.dsql-.us-east-1.on.aws",
        f"{CLUSTER}.dsql.us-east-1.on.aws.example.com",
    ],
)
def test_any_other_host_is_refused_with_the_form_it_should_have(host):
    with pytest.raises(SettingsError, match="not the host of an Aurora DSQL cluster") as refused:
        Endpoint.parse(host)

    assert ".dsql[-<suffix>].<region>.on.aws" in refused.value.fix


def test_what_is_not_set_has_the_value_it_has_on_aws():
    read = settings()

    assert read.database == "postgres"
    assert read.connector == "vela"
    assert read.port == 5432
    assert read.host_address is None
    assert read.vpc_endpoint_id is None
    assert read.security_group_id is None
    assert read.root_certificate == "/etc/pki/tls/certs/ca-bundle.crt"


def test_what_is_set_is_taken():
    read = settings(
        files=["/ca.pem"],
        DSQL_DATABASE="other",
        DSQL_CONNECTOR="aws",
        DSQL_CLUSTER_ID=CLUSTER,
        DSQL_VPC_ENDPOINT_ID="vpce-1",
        DSQL_SECURITY_GROUP_ID="sg-1",
        PGHOSTADDR="127.0.0.1",
        PGPORT="15432",
        PGSSLROOTCERT="/ca.pem",
    )

    assert (read.region, read.cluster_id, read.role) == ("us-east-1", CLUSTER, "vela_api")
    assert (read.database, read.connector) == ("other", "aws")
    assert (read.vpc_endpoint_id, read.security_group_id) == ("vpce-1", "sg-1")
    assert (read.host_address, read.port, read.root_certificate) == ("127.0.0.1", 15432, "/ca.pem")


def test_without_an_arn_advice_names_the_cluster_in_any_account():
    assert settings(DSQL_CLUSTER_ARN="").cluster_arn == (
        f"arn:aws:dsql:us-east-1:*:cluster/{CLUSTER}"
    )


@pytest.mark.parametrize("found", CA_BUNDLES)
def test_the_bundle_of_this_system_is_found(found):
    assert settings(files=[found]).root_certificate == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DSQL_ENDPOINT", ""),
        ("DSQL_ENDPOINT", "localhost"),
        ("DSQL_DATABASE_ROLE", ""),
        ("DSQL_DATABASE_ROLE", "Vela-API"),
        ("DSQL_DATABASE_ROLE", "a" * 64),
        ("DSQL_CLUSTER_ARN", "arn:aws:rds:us-east-1:123456789012:cluster/x"),
        ("DSQL_CLUSTER_ARN", ARN.replace("us-east-1", "eu-west-1")),
        ("DSQL_CLUSTER_ID", "z" * 26),
        ("DSQL_CONNECTOR", "boto"),
        ("PGHOSTADDR", "localhost"),
        ("PGPORT", "0"),
        ("PGPORT", "65536"),
        ("PGPORT", "5432 "),
        ("PGPORT", "\u0665"),
        ("PGPORT", "9" * 5000),
        ("PGSSLROOTCERT", "/nowhere.pem"),
    ],
)
def test_a_bad_value_is_told_by_the_name_of_its_variable(name, value):
    with pytest.raises(SettingsError) as refused:
        settings({name: value})

    assert name in refused.value.what
    assert refused.value.fix


def test_a_system_without_any_bundle_is_told_which_were_looked_for():
    with pytest.raises(SettingsError) as refused:
        settings(files=[])

    assert all(bundle in refused.value.what for bundle in CA_BUNDLES)
    assert "PGSSLROOTCERT" in refused.value.fix


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(SettingsError) as refused:
        DsqlSettings.from_env({"PGPORT": "x", "DSQL_CONNECTOR": "y"}, is_file=lambda _: False)

    for name in ("DSQL_ENDPOINT", "DSQL_DATABASE_ROLE", "PGPORT", "DSQL_CONNECTOR", "CA"):
        assert name in refused.value.what


def test_every_variable_is_documented_and_every_documented_one_is_read():
    name = re.compile(r"\b(?:DSQL|PG|AWS)_?[A-Z]+(?:_[A-Z]+)*\b")
    reference = next(
        parent / "docs/reference/settings.md"
        for parent in Path(__file__).parents
        if (parent / "docs/reference/settings.md").exists()
    )
    documented = {
        cell
        for line in reference.read_text().splitlines()
        if line.startswith("| `")
        for cell in name.findall(line.split("|")[1])
    }

    read = {
        found
        for module in (vela.settings, vela.dsql.token)
        for found in re.findall(rf'"({name.pattern})"', Path(str(module.__file__)).read_text())
    }

    assert documented == read
