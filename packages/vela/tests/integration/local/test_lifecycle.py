"""Start, stop and everything that can go wrong between, on the real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from vela.errors import AlreadyRunning, PortInUse, ProcessFailed
from vela.local import LocalCloud
from vela.local.lock import exclusive
from vela.local.ports import answers
from vela.local.processes import Started, begun

PROJECT = Path(__file__).parents[5]
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "kept",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}
HANGING = """
    import os, pathlib, threading
    def handler(event, context):
        pathlib.Path(event["ResourceProperties"]["Note"]).write_text(str(os.getpid()))
        threading.Event().wait()
    """


def quiet(_news):
    """Show nothing."""


def process(home, name):
    found = Started.read(home.path / f"run/{name}.pid")
    assert found is not None
    return found


def kill(home, name):
    doomed = process(home, name)
    os.kill(doomed.pid, signal.SIGKILL)
    wait_for(lambda: not doomed.running)


def test_state_survives_a_stop_and_a_start(home, aws_of):
    aws = aws_of(home.cloud.start(quiet))
    stack = aws.deploy({"Resources": {"Table": TABLE}})
    aws.client("s3").create_bucket(Bucket="kept-bucket")
    aws.client("s3").put_object(Bucket="kept-bucket", Key="k", Body=b"v")
    cluster = aws.client("dsql").create_cluster(deletionProtectionEnabled=False)["identifier"]

    assert home.cloud.stop()
    again = aws_of(home.cloud.start(quiet))

    assert again.running.notices == ()
    assert again.client("dynamodb").list_tables()["TableNames"] == ["kept"]
    assert again.client("s3").get_object(Bucket="kept-bucket", Key="k")["Body"].read() == b"v"
    assert again.client("dsql").get_cluster(identifier=cluster)["status"] == "ACTIVE"
    stacks = again.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    assert stacks[0]["StackStatus"] == "CREATE_COMPLETE"


def test_what_was_acknowledged_survives_a_kill_and_the_rest_is_told(home, aws_of):
    aws = aws_of(home.cloud.start(quiet))
    stack = aws.deploy({"Resources": {"Table": TABLE}})
    aws.client("dynamodb").put_item(TableName="kept", Item={"id": {"S": "1"}})
    aws.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument="{}")
    kill(home, "emulator")

    again = aws_of(home.cloud.start(quiet))

    key = {"id": {"S": "1"}}
    assert again.client("dynamodb").get_item(TableName="kept", Key=key)["Item"] == key
    assert again.client("iam").get_role(RoleName="kept")["Role"]["RoleName"] == "kept"
    stacks = again.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    assert stacks[0]["StackStatus"] == "CREATE_COMPLETE"
    assert len(again.running.notices) == 1
    assert "log lines" in again.running.notices[0]


def test_a_stack_cut_by_a_kill_is_named_its_function_ended_and_it_can_be_deleted(
    home, aws_of, function
):
    aws = aws_of(home.cloud.start(quiet))
    note = home.path / "pid of the function"
    waiting = {
        "Type": "Custom::Waiting",
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Note": str(note)},
    }
    template = function(code=HANGING, resources={"Table": TABLE, "Waiting": waiting}).template()
    template["Resources"]["Waiting"]["DependsOn"] = "Table"
    cloudformation = aws.client("cloudformation")
    body = json.dumps(template)
    cloudformation.create_stack(
        StackName="cut", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    function_pid = int(wait_for(lambda: note.exists() and note.read_text()))
    kill(home, "emulator")
    wait_for(lambda: not begun(function_pid))

    again = aws_of(home.cloud.start(quiet))

    assert any("stack cut" in notice for notice in again.running.notices)
    after = again.client("cloudformation")
    found = after.describe_stacks(StackName="cut")["Stacks"][0]
    assert found["StackStatus"] == "ROLLBACK_FAILED"
    after.delete_stack(StackName="cut")
    after.get_waiter("stack_delete_complete").wait(
        StackName="cut", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    assert again.client("dynamodb").list_tables()["TableNames"] == []


def test_clusters_survive_a_kill_of_dsql_local(home, aws_of):
    aws = aws_of(home.cloud.start(quiet))
    cluster = aws.client("dsql").create_cluster(deletionProtectionEnabled=False)["identifier"]
    kill(home, "dsql-local")

    again = aws_of(home.cloud.start(quiet))

    assert again.client("dsql").get_cluster(identifier=cluster)["status"] == "ACTIVE"


def test_starting_what_runs_changes_nothing(home):
    first = home.cloud.start(quiet)
    pids = [process(home, name) for name in ("emulator", "dsql-local")]

    assert home.cloud.start(quiet) == first
    assert [process(home, name) for name in ("emulator", "dsql-local")] == pids


def test_what_runs_on_another_port_is_not_moved_in_silence(home):
    running = home.cloud.start(quiet)
    other = LocalCloud(replace(home.settings, port=1))

    with pytest.raises(AlreadyRunning, match=running.endpoint_url.rpartition(":")[2]):
        other.start(quiet)


def test_a_start_that_names_no_port_takes_those_of_the_last_one(home):
    first = home.cloud.start(quiet)
    home.cloud.stop()
    unnamed = LocalCloud(replace(home.settings, port=None, dsql_port=None))

    again = unnamed.start(quiet)

    assert (again.endpoint_url, again.dsql_port) == (first.endpoint_url, first.dsql_port)
    assert unnamed.start(quiet) == again


def test_status_tells_what_runs(home):
    before = home.cloud.status()
    running = home.cloud.start(quiet)
    during = home.cloud.status()
    home.cloud.stop()
    after = home.cloud.status()

    assert before == after
    assert (before.emulator_pid, before.dsql_pid, before.running) == (None, None, None)
    assert during.running == running
    assert during.emulator_pid is not None


def test_a_recycled_process_id_is_left_alone(home):
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        run = home.path / "run"
        run.mkdir(parents=True)
        stale = {"pid": bystander.pid, "begun": "long ago", "version": ""}
        (run / "emulator.pid").write_text(json.dumps(stale))
        (run / "dsql-local.pid").write_text('{"pid": 1')

        home.cloud.start(quiet)

        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.communicate()


def test_a_second_command_is_told_who_holds_the_lock(home):
    lock = home.path / "run/lock"

    with (
        exclusive(lock, command="vela up"),
        pytest.raises(AlreadyRunning, match=rf"`vela up` \(process {os.getpid()}\) since"),
    ):
        home.cloud.start(quiet)


def test_a_lock_whose_holder_has_ended_is_no_lock(home):
    lock = home.path / "run/lock"
    lock.parent.mkdir(parents=True)
    lock.write_text('{"pid": 1, "command": "vela up", "since": "00:00:00"}')

    with exclusive(lock, command="vela down"):
        pass


@pytest.mark.parametrize("option", ["port", "dsql_port"])
def test_a_port_in_use_is_named_with_its_process(home, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = replace(home.settings, **{option: port})

        with pytest.raises(PortInUse) as refused:
            LocalCloud(settings).start(quiet)

    assert f"Port {port} of 127.0.0.1 is taken" in str(refused.value)
    assert f".venv/bin/vela up --{option.replace('_', '-')} 0`" in refused.value.fix
    if Path("/proc").exists():
        assert f"by process {os.getpid()}" in str(refused.value)
    assert home.cloud.status().dsql_pid is None


def test_a_process_that_ends_at_its_start_says_why(home):
    data = home.path / "data"
    data.mkdir()
    (data / "dsql").write_text("not a directory")

    with pytest.raises(ProcessFailed, match="dsql-local"):
        home.cloud.start(quiet)

    assert home.cloud.status().emulator_pid is None


def test_a_ready_file_that_cannot_be_read_is_no_lost_data(home):
    home.cloud.start(quiet)
    before = process(home, "emulator")
    (home.path / "run/emulator.json").write_text("{")
    status = home.cloud.status()

    again = home.cloud.start(quiet)

    assert status.partial
    assert not before.running
    assert home.cloud.status().running is not None
    (home.path / "run/emulator.json").write_text("{")
    assert home.cloud.stop()
    assert not answers(again.dsql_port)


def test_a_platform_half_of_which_has_died_is_partial(home):
    before = home.cloud.status()
    home.cloud.start(quiet)
    during = home.cloud.status()
    kill(home, "emulator")

    after = home.cloud.status()

    assert [before.partial, during.partial, after.partial] == [False, False, True]


def test_an_interrupt_during_the_start_stops_what_was_started(home):
    code = f"""
from pathlib import Path
from vela.local import LocalCloud, LocalSettings
settings = LocalSettings.of(
    Path({str(PROJECT)!r}), home=Path({str(home.path)!r}), port=0, dsql_port=0
)
LocalCloud(settings).start(print)
"""
    home.cloud.start(quiet)  # so that everything is installed
    home.cloud.stop()
    starting = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    started = wait_for(lambda: Started.read(home.path / "run/emulator.pid"))
    starting.send_signal(signal.SIGINT)
    _output, error = starting.communicate(timeout=30)

    assert "KeyboardInterrupt" in error
    assert not started.running
    assert home.cloud.status().dsql_pid is None


def wait_for(look):
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline
    return found


def test_a_failure_of_the_block_stops_what_was_started_and_not_what_ran_before(home):
    with pytest.raises(RuntimeError), home.cloud.starting(quiet):
        raise RuntimeError
    stopped = home.cloud.status().running

    running = home.cloud.start(quiet)
    with pytest.raises(RuntimeError), home.cloud.starting(quiet):
        raise RuntimeError

    assert stopped is None
    assert home.cloud.status().running == running


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks into /proc")
def test_everything_listens_on_loopback_and_nothing_but_its_ports(home):
    running = home.cloud.start(quiet)
    ready = json.loads((home.path / "run/dsql-local.json").read_text())
    emulator = listening(process(home, "emulator").pid)
    dsql = listening(process(home, "dsql-local").pid)

    control = int(ready["control_url"].rpartition(":")[2])
    assert {address for address, _port in emulator | dsql} == {"127.0.0.1"}
    assert {port for _address, port in dsql} == {running.dsql_port, control}
    # The other one is the black hole of functions whose VPC has no way to the database.
    assert len(emulator) == 2
    assert int(running.endpoint_url.rpartition(":")[2]) in {port for _address, port in emulator}


def listening(pid):
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        inodes.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                numbers = bytes.fromhex(address)[::-1]
                found.add((".".join(map(str, numbers)), int(port, 16)))
    return found


def test_an_installation_half_made_is_made_anew(home, tmp_path):
    """Needs the network or uv's cache, as a first start does."""
    cloud = LocalCloud(replace(home.settings, root=tmp_path))
    half = cloud._installation
    (half.directory / "bin").mkdir(parents=True)
    (half.directory / "bin/python").touch()
    try:
        cloud.start(quiet)

        assert half.complete
    finally:
        cloud.purge()
