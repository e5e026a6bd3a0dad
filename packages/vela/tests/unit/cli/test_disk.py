"""What the disk refused is one error; what Vela itself should have brought is a bug."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT

from vela.cli.disk import PACKAGE, REFUSED, of_disk
from vela.errors import DiskFull, PathUnusable

VELA = Path(sys.executable).with_name("vela")


def refused(number: int, path: object = "/somewhere/report.json") -> OSError:
    return OSError(number, os.strerror(number), path)


@pytest.mark.parametrize("number", sorted(REFUSED))
def test_a_path_that_cannot_be_used_is_named_with_what_to_do(number):
    told = of_disk(refused(number))

    assert isinstance(told, PathUnusable)
    assert "/somewhere/report.json" in told.what
    assert os.strerror(number) in told.what
    assert told.fix


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_so(number):
    assert isinstance(of_disk(refused(number)), DiskFull)


@pytest.mark.parametrize(
    "error",
    [
        refused(errno.ENOENT, str(PACKAGE / "infra" / "page.js")),
        refused(errno.EBADF),
        refused(errno.ENOENT, None),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
    ],
)
def test_whatever_else_an_operating_system_says_is_a_bug(error):
    assert of_disk(error) is None


@pytest.mark.parametrize("command", [["deploy", "--target", "local"], ["up"]])
def test_a_home_that_cannot_be_made_is_one_line(tmp_path, command):
    (tmp_path / "file").touch()
    done = subprocess.run(
        [VELA, *command, "--home", tmp_path / "file" / "home"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == PathUnusable.exit_code
    assert f"vela: E408 {tmp_path}/file/home" in done.stderr
    assert "Traceback" not in done.stderr
