"""The registry of a process that is killed without warning."""

import subprocess
import sys

import pytest

from dsql_local.server.registry import Registry

# Registers one key after another for ever; says of each that it is kept, once it is told so.
WRITER = """
import sys
from pathlib import Path
from dsql_local.auth import Credential
from dsql_local.server.registry import Registry

registry = Registry(Path(sys.argv[1]), region="us-east-1", account="111122223333")
for number in range(1_000_000):
    registry.put_credential(Credential(
        access_key_id=f"KEY{number}", secret_access_key="s" * 1000, session_token=None,
        principal="arn:aws:iam::111122223333:role/app", session_arn=None, expires_at=None,
    ))
    print(number, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path, acknowledged):
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        try:
            assert writer.stdout is not None
            told = [int(writer.stdout.readline()) for _ in range(acknowledged)]
        finally:
            writer.kill()
        told += [int(line) for line in writer.stdout.read().split()]

    registry = Registry(tmp_path, region="us-east-1", account="111122223333")
    kept = [number for number in range(told[-1] + 2) if registry.credential(f"KEY{number}")]
    assert told == list(range(len(told)))
    assert kept in (told, [*told, len(told)])  # the one being written may have arrived
