"""node-postgres, as package-lock.json pins it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("node_postgres.js")
MODULES = Path(__file__).parents[4] / "node_modules"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "pg").exists(),
    reason="node-postgres is not installed",
)


def test_node_postgres_writes_reads_and_is_refused(dsql_cluster):
    asked = {
        "address": dsql_cluster.server.host,
        "port": dsql_cluster.server.port,
        "endpoint": dsql_cluster.endpoint,
        "password": dsql_cluster.token(),
        "ca_file": dsql_cluster.server.ca_file,
    }
    done = subprocess.run(
        ["node", PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NODE_PATH": str(MODULES)},
    )

    assert json.loads(done.stdout) == {
        "rows": [{"note": "first"}],
        "code": "0A000",
        "message": "unsupported statement: Truncate",
    }
