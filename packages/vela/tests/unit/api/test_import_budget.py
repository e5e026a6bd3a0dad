"""What a cold start pays for. A subprocess, for this process has imported everything already."""

import json
import subprocess
import sys

import pytest

#: psycopg itself imports asyncio; nothing that is ours does.
FORBIDDEN = {
    "aws_cdk",
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "dsql_local",
    "pydantic",
    "rich",
    "typer",
    "vela.cli",
    "vela.infra",
    "vela.local",
    "vela.ops",
}
#: Measured 0.2 s on a 2-core machine; generous, for a slow machine must not fail it.
BUDGET_S = 3.0
SCRIPT = """
import json, sys, time
started = time.perf_counter()
import {module}
print(json.dumps([time.perf_counter() - started, sorted(sys.modules)]))
"""


def imported_by(module: str) -> tuple[float, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
        env={},
        timeout=60,
    )
    seconds, modules = json.loads(done.stdout)
    return seconds, set(modules)


@pytest.mark.parametrize("module", ["vela.api.handler", "vela.api.role_mapping"])
def test_importing_the_handler_pulls_in_no_heavy_module_and_stays_within_its_time(module):
    seconds, modules = imported_by(module)

    assert modules & FORBIDDEN == set()
    assert seconds < BUDGET_S


def test_the_public_handler_leaves_out_what_only_the_custom_resource_needs():
    _, modules = imported_by("vela.api.handler")

    assert modules & {"vela.api.cloudformation", "urllib.request", "http.client"} == set()
