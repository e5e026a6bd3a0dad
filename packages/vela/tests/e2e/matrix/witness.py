"""What a platform holds that no command may lose: an object, an item of a table, a row."""

import psycopg
from e2e.accounts import Account
from e2e.matrix.names import ITEM, TABLE
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from vela.cli.psql import environment

KEPT = "kept/by-the-matrix.txt"
NAMES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def connected(account: Account) -> Connection[tuple[str, ...]]:
    """As `vela psql` connects."""
    host = account.output("VelaStack", "DsqlEndpoint") or ""
    told = environment(account.running, host)
    options = {name: told[variable] for name, variable in NAMES.items()}
    return psycopg.connect(make_conninfo(**options), autocommit=True)


def put(account: Account) -> None:
    account.client("s3").put_object(Bucket=account.bucket, Key=KEPT, Body=b"kept")
    account.client("dynamodb").put_item(TableName=TABLE["TableName"], Item=ITEM)
    with connected(account) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS matrix_kept (id text PRIMARY KEY)")
        connection.execute("DELETE FROM matrix_kept")
        connection.execute("INSERT INTO matrix_kept VALUES ('kept')")


def require_object(account: Account) -> None:
    read = account.client("s3").get_object(Bucket=account.bucket, Key=KEPT)["Body"].read()
    assert read == b"kept"


def require(account: Account) -> None:
    require_object(account)
    found = account.client("dynamodb").get_item(TableName=TABLE["TableName"], Key=ITEM)
    assert found["Item"] == ITEM
    with connected(account) as connection:
        assert connection.execute("SELECT id FROM matrix_kept").fetchall() == [("kept",)]
