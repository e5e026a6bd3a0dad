"""Each adaptation names its gap when the emulator has changed, and nothing is served."""

import json
import subprocess

import pytest

from vela.local.cloud import ADAPTATIONS
from vela.local.emulator.installation import Installation

# Takes one part of the emulator away before the adaptations look for it.
WITHOUT = """
import importlib, sys
sys.path.append({path!r})
from adaptations import server
closing = server._with_gaps_closed
def without(cloud):
    module = importlib.import_module({module!r})
    delattr(module, {name!r})
    return closing(cloud)
server._with_gaps_closed = without
server.main()
"""
PARTS = [
    ("ministack.core.iam_evaluator", "_is_root_key"),
    ("ministack.services.dsql", "handle_request"),
    ("ministack.services.cloudfront", "_fetch_from_origin"),
    ("ministack.core.lambda_runtime", "_worker_class_for"),
    ("ministack.services.sts", "register_session"),
    ("ministack.services.ec2", "_vpc_endpoints"),
    ("ministack.services.cloudformation.stacks", "_add_event"),
    ("ministack.services.cloudformation.provisioners", "_ec2_sg_permissions"),
    ("ministack.services.s3", "_put_object"),
]


@pytest.mark.parametrize(("module", "name"), PARTS, ids=[name for _module, name in PARTS])
def test_a_part_that_is_gone_is_named_and_nothing_is_served(
    tmp_path, local_cloud, shared_home, module, name
):
    installation = Installation.below(shared_home.settings.tools)
    ready = {
        "host": "127.0.0.1",
        "port": local_cloud.dsql_port,
        "ca_file": "",
        "account": local_cloud.account_id,
        "region": local_cloud.region,
        "control_url": "http://127.0.0.1:1",
        "control_secret": "",
    }
    credentials = {"access_key_id": "AKIA", "secret_access_key": "s"}
    (tmp_path / "dsql.json").write_text(json.dumps(ready))
    (tmp_path / "credentials.json").write_text(json.dumps(credentials))
    code = WITHOUT.format(path=str(ADAPTATIONS.parent), module=module, name=name)
    options = {
        "port": 0,
        "state-dir": tmp_path,
        "scratch": tmp_path,
        "runtime-packages": tmp_path,
        "ready-file": tmp_path / "ready.json",
        "dsql-ready-file": tmp_path / "dsql.json",
        "credentials-file": tmp_path / "credentials.json",
    }
    arguments = [text for k, v in options.items() for text in (f"--{k}", str(v))]

    done = subprocess.run(
        [str(installation.python), "-I", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 3
    assert last == f"The emulator is not the one Vela was made for: {module}.{name} is gone"
    assert not (tmp_path / "ready.json").exists()
