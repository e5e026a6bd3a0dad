import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from vela.errors import AlreadyRunning, DeployFailed, ToolMissing
from vela.ops.cdk import Cdk, cause, event
from vela.ops.kept import KEPT, STAMP

EVENT = (
    "ApiStack |  3/24 | 12:01:07 PM | CREATE_IN_PROGRESS   | AWS::Lambda::Function"
    " | ApiStack/Function/Resource (FunctionAB12) "
)


def fake_cdk(project: Path, script: str) -> Cdk:
    """A checkout whose `cdk` is a shell script: what the CLI prints is the input here."""
    program = project / "node_modules" / ".bin" / "cdk"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    (project / "cdk.json").write_text("{}", encoding="utf-8")
    return Cdk(
        project=project,
        assembly=project / "cdk.out",
        environment={"PATH": "/usr/bin:/bin", "CDK_DEFAULT_ACCOUNT": "000000000000"},
        log=project / "log" / "cdk.log",
    )


#: Writes an assembly where the CLI is told to.
SYNTH = """printf '%s' '{"artifacts": {"VelaStack": {"properties": {"templateFile": "t.json"}}}}' \\
  > "$4/manifest.json"; echo '{"Resources": {}}' > "$4/t.json" """


def ignore(_news: str) -> None:
    return None


def test_an_event_line_tells_the_resource():
    assert event(EVENT) == "Lambda::Function ApiStack"


@pytest.mark.parametrize(
    "line", ["", "✨  Synthesis time: 6s", "DatabaseStack: deploying... [1/3]"]
)
def test_other_lines_are_no_events(line):
    assert event(line) is None


def test_the_cause_is_the_first_failed_event():
    lines = [
        EVENT,
        "ApiStack | 4/24 | 12:01:09 PM | CREATE_FAILED | AWS::Lambda::Function | ApiStack/Function | no such role",
        "❌  ApiStack failed: ToolkitError: The stack named ApiStack failed creation",
    ]

    assert cause(lines) == "no such role"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ["❌  ApiStack failed to deploy", "‣ Throttling: Rate exceeded"],
            "Throttling: Rate exceeded",
        ),
        (
            [
                "ApiStack: fail: The provided token has expired.",
                "Failed to publish asset ApiStack Template (123456789012-us-east-1-b3fd7fc8)",
                "‣ AggregateError: ",
            ],
            "The provided token has expired.",
        ),
    ],
)
def test_what_the_cli_itself_was_refused_is_the_cause(lines, told):
    assert cause(lines) == told


def test_without_an_event_the_cause_is_the_last_line_of_trouble():
    lines = ["Error: cannot find a certificate", "at Object.<anonymous>"]

    assert cause(lines) == "Error: cannot find a certificate"


def test_the_cause_is_the_verdict_of_the_cli_and_not_the_dump_that_follows():
    lines = [
        " ❌  bootstrapping failed: AccessDenied: arn is not authorized to perform: iam:CreateRole",
        "    at AwsQueryProtocol.handleError (index.js:42435:65) {",
        "  Code: 'AccessDenied',",
        "  Error: [Object]",
        "}",
    ]

    assert cause(lines).endswith("not authorized to perform: iam:CreateRole")


def test_a_silent_failure_says_so():
    assert cause([]) == "it said nothing"


def test_a_failing_cli_is_one_error_with_its_cause_and_its_log(tmp_path):
    cdk = fake_cdk(tmp_path, "echo 'Error: no credentials' >&2; exit 1")

    with pytest.raises(DeployFailed) as caught:
        cdk.deploy("VelaStack", ignore)

    assert "no credentials" in caught.value.what
    assert str(cdk.log) in caught.value.fix
    assert "Error: no credentials" in cdk.log.read_text(encoding="utf-8")


def test_a_missing_cli_is_told_with_its_fix(tmp_path):
    cdk = fake_cdk(tmp_path, "exit 0")
    (tmp_path / "node_modules" / ".bin" / "cdk").unlink()

    with pytest.raises(ToolMissing, match="make install"):
        cdk.deploy("VelaStack", ignore)


def test_the_assembly_is_kept_while_its_sources_stay_the_same(tmp_path):
    cdk = fake_cdk(tmp_path, SYNTH)

    ran = [cdk.synth(ignore), cdk.synth(ignore)]
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<p>new</p>", encoding="utf-8")
    ran.append(cdk.synth(ignore))

    assert ran == [True, False, True]


@pytest.mark.parametrize("file", ["manifest.json", "t.json", "vela.inputs"])
@pytest.mark.parametrize("left", [b'{"Resour', b"\xff\xfe", None])
def test_a_damaged_assembly_is_made_anew(tmp_path, file, left):
    cdk = fake_cdk(tmp_path, SYNTH)
    cdk.synth(ignore)
    if left is None:
        (tmp_path / "cdk.out" / file).unlink()
    else:
        (tmp_path / "cdk.out" / file).write_bytes(left)

    assert cdk.synth(ignore)
    assert not cdk.synth(ignore)


def test_two_that_synthesise_the_same_at_once_do_it_once(tmp_path):
    cdk = fake_cdk(tmp_path, f"{SYNTH}; sleep 0.2")

    with ThreadPoolExecutor() as pool:
        ran = list(pool.map(lambda _: cdk.synth(ignore), range(3)))

    assert sorted(ran) == [False, False, True]


def test_what_is_being_deployed_is_not_taken_away(tmp_path):
    cdk = fake_cdk(tmp_path, SYNTH)
    cdk.synth(ignore)
    reading = tmp_path / "cdk.out" / f"read.{os.getpid()}.1.lock"
    reading.touch()
    (tmp_path / "cdk.json").write_text("[]", encoding="utf-8")

    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        cdk.synth(ignore)
    reading.unlink()

    assert cdk.synth(ignore)


def test_a_failed_synthesis_leaves_the_kept_assembly_and_nothing_beside(tmp_path):
    cdk = fake_cdk(tmp_path, SYNTH)
    cdk.synth(ignore)
    (tmp_path / "cdk.json").write_text("[]", encoding="utf-8")
    cdk = replace(cdk, environment={"PATH": "/nowhere"})
    (tmp_path / "node_modules" / ".bin" / "cdk").write_text("#!/bin/sh\nexit 1\n", "utf-8")

    with pytest.raises(DeployFailed):
        cdk.synth(ignore)

    assert (tmp_path / "cdk.out" / "t.json").exists()
    assert not list(tmp_path.glob(".cdk.*"))


def test_few_assemblies_are_kept_and_the_oldest_go(tmp_path):
    cdk = fake_cdk(tmp_path, SYNTH)

    for number in range(KEPT + 2):
        told = cdk.told({"zones": str(number)})
        told.synth(ignore)
        os.utime(told.assembly / STAMP, (number, number))

    kept = set(tmp_path.glob("cdk.out*"))
    assert len(kept) == KEPT
    assert cdk.told({"zones": "0"}).assembly not in kept
    assert cdk.told({"zones": str(KEPT + 1)}).assembly in kept


def test_a_failed_synthesis_is_not_taken_for_done(tmp_path):
    fake_cdk(tmp_path, f"mkdir -p {tmp_path}/cdk.out").synth(ignore)
    (tmp_path / "cdk.json").write_text('{"app": "changed"}', encoding="utf-8")
    program = tmp_path / "node_modules" / ".bin" / "cdk"
    cdk = Cdk(
        project=tmp_path,
        assembly=tmp_path / "cdk.out",
        environment={"PATH": "/usr/bin:/bin", "CDK_DEFAULT_ACCOUNT": "000000000000"},
        log=tmp_path / "log" / "cdk.log",
    )
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")

    with pytest.raises(DeployFailed):
        cdk.synth(ignore)
    program.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")

    assert cdk.synth(ignore)


def test_what_the_app_is_told_beside_has_an_assembly_of_its_own(tmp_path):
    cdk = Cdk(
        project=tmp_path,
        assembly=tmp_path / "cdk.out",
        environment={},
        log=tmp_path / "cdk.log",
        context={"stage": "production"},
    )

    told = cdk.told({"attachAlias": "false"})

    assert told.context == {"stage": "production", "attachAlias": "false"}
    assert told.assembly.parent == cdk.assembly.parent
    assert told.assembly != cdk.assembly
    assert told.assembly == cdk.told({"attachAlias": "false"}).assembly
    assert cdk.told({}) == cdk
