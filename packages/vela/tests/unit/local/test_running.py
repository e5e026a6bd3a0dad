"""A command that works on the local cloud never reaches the user's own accounts."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vela.local import Running

RUNNING = Running(
    endpoint_url="http://127.0.0.1:8400",
    account_id="123456789012",
    region="us-east-1",
    access_key_id="AKIALOCAL",
    secret_access_key="local",
    dsql_port=8432,
    ca_file=Path("ca.pem"),
    logs=Path("log"),
)
FOREIGN = st.dictionaries(
    st.sampled_from(
        ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_DSQL", "CDK_NEW", "HTTPS_PROXY"]
    ),
    st.text(min_size=1),
)


@given(FOREIGN)
def test_nothing_of_another_account_or_a_proxy_comes_through(foreign):
    found = RUNNING.environment_over({**foreign, "PATH": "/bin"})

    assert found == {**RUNNING.environment, "PATH": "/bin"}


def test_profiles_and_files_of_the_user_are_not_even_read():
    found = RUNNING.environment_over({"AWS_CONFIG_FILE": "mine"})

    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
