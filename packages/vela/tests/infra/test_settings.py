import pytest
from hypothesis import given
from hypothesis import strategies as st

from vela.errors import SettingsError
from vela.infra.settings import InfraSettings, LambdaTarget, Stage

ENV = {"CDK_DEFAULT_ACCOUNT": "123456789012"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b-2c3d"


def parse(context=(), **env):
    return InfraSettings.parse(dict(context), ENV | env)


def test_the_account_alone_gives_development_in_lambda_without_a_domain():
    assert parse() == InfraSettings(
        account="123456789012",
        stage=Stage.DEVELOPMENT,
        domain=None,
        certificate=None,
        zones=("us-east-1a", "us-east-1b"),
        lambda_target=LambdaTarget.LAMBDA,
    )


def test_every_setting_can_be_given():
    context = {
        "stage": "production",
        "domain": "www.example.com",
        "certificate": CERTIFICATE,
        "zones": "us-east-1c, us-east-1f",
    }

    settings = parse(context, VELA_LAMBDA_TARGET="host")

    assert settings == InfraSettings(
        account="123456789012",
        stage=Stage.PRODUCTION,
        domain="www.example.com",
        certificate=CERTIFICATE,
        zones=("us-east-1c", "us-east-1f"),
        lambda_target=LambdaTarget.HOST,
    )


def test_only_production_keeps_data():
    assert parse({"stage": "production"}).keeps_data
    assert not parse({"stage": "development"}).keeps_data


def test_an_empty_value_is_none_so_that_scripts_may_pass_it_through():
    assert parse({"domain": "", "certificate": "", "stage": "", "zones": ""}) == parse()


def test_a_certificate_may_come_before_its_domain():
    settings = parse({"certificate": CERTIFICATE})

    assert (settings.certificate, settings.domain) == (CERTIFICATE, None)


@pytest.mark.parametrize(
    ("context", "env", "told"),
    [
        ({}, {"CDK_DEFAULT_ACCOUNT": ""}, "the AWS account is not known"),
        ({}, {"CDK_DEFAULT_ACCOUNT": "12345"}, "'12345'"),
        ({}, {"CDK_DEFAULT_ACCOUNT": "12345678901a"}, "'12345678901a'"),
        ({}, {"VELA_LAMBDA_TARGET": "arm"}, "VELA_LAMBDA_TARGET is 'arm'"),
        ({"stage": "prod"}, {}, "stage is 'prod'"),
        ({"stage": True}, {}, "stage is True"),
        ({"domain": "https://example.com", "certificate": CERTIFICATE}, {}, "no host name"),
        ({"domain": "Example.com", "certificate": CERTIFICATE}, {}, "no host name"),
        ({"domain": "localhost", "certificate": CERTIFICATE}, {}, "no host name"),
        ({"domain": "www.example.com"}, {}, "no certificate is given"),
        ({"certificate": CERTIFICATE.replace("east-1", "east-2")}, {}, "no ARN"),
        ({"certificate": "yes"}, {}, "no ARN"),
        ({"zones": "us-east-1a"}, {}, "zones is"),
        ({"zones": "us-east-1a,us-east-1a"}, {}, "zones is"),
        ({"zones": "us-east-1a,eu-west-1a"}, {}, "zones is"),
    ],
)
def test_a_malformed_setting_is_named_with_its_cure(context, env, told):
    with pytest.raises(SettingsError) as raised:
        parse(context, **env)

    assert told in raised.value.what
    assert raised.value.fix


@given(st.dictionaries(st.sampled_from(["stage", "domain", "certificate", "zones"]), st.text()))
def test_any_text_is_either_understood_or_refused(context):
    try:
        settings = parse(context)
    except SettingsError:
        return

    assert settings.stage in Stage
    assert settings.domain is None or settings.certificate is not None
    assert len(settings.zones) == 2
