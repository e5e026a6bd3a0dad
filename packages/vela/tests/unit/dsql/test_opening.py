import sys

import pytest

from vela.dsql import Credentials, Deadline, DsqlSettings, Endpoint
from vela.dsql.opening import Opener
from vela.errors import SettingsError

KEY = Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="secret")
SETTINGS = DsqlSettings(
    endpoint=Endpoint.parse("abcdefghijklmnopqrstuvwxy2.dsql.us-east-1.on.aws"),
    role="vela_api",
    cluster_arn="arn:aws:dsql:us-east-1:*:cluster/abcdefghijklmnopqrstuvwxy2",
    root_certificate="/ca.pem",
    connector="aws",
    host_address="127.0.0.1",
)


def test_the_official_connector_is_missed_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "aurora_dsql_psycopg", None)
    monkeypatch.delitem(sys.modules, "vela.dsql.official", raising=False)

    with pytest.raises(SettingsError, match="DSQL_CONNECTOR is aws") as missed:
        Opener(settings=SETTINGS, credentials=lambda: KEY).open(Deadline.after(1))

    assert "vela[connector]" in missed.value.fix
