"""`scripts/setup.sh` on machines that lack something: one line that says what and what to do.

Each test has a checkout of its own and a PATH that holds only what it names.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from e2e.deployed import CHECKOUT

# what a bare machine has beside Python and Node
BASICS = ("sh", "cat", "cut", "df", "dirname", "grep", "head", "mkdir", "mv", "rm", "tail", "touch")

# an interpreter with pip, as a user has; the tests' own environment has none
BASE_PYTHON = Path(sys.base_prefix) / "bin" / "python3"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh clone, as far as the set-up looks at it."""
    root = tmp_path / "clone"
    root.mkdir()
    for name in ("pyproject.toml", "uv.lock", "package.json", "package-lock.json"):
        shutil.copy(CHECKOUT / name, root)
    shutil.copytree(CHECKOUT / "scripts", root / "scripts")
    return root


class Machine:
    """A PATH of its own, filled by each test."""

    def __init__(self, root: Path) -> None:
        self.bin = root / "bin"
        self.bin.mkdir()
        for name in BASICS:
            self.has(name, str(shutil.which(name)))

    def has(self, name: str, program: str) -> None:
        (self.bin / name).symlink_to(program)

    def has_fake(self, name: str, script: str) -> None:
        program = self.bin / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    def set_up(self, checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
        environment: Mapping[str, str] = {"PATH": str(self.bin), "HOME": str(checkout), **env}
        return subprocess.run(
            [checkout / "scripts" / "setup.sh"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def the_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line it failed with."""
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_without_a_new_enough_python_it_says_which_was_found(machine, checkout):
    machine.has_fake("python3", 'case $1 in -c) exit 1;; *) echo "Python 3.9.2";; esac')

    line = the_line(machine.set_up(checkout))

    assert "no Python 3.11 or newer" in line
    assert "Python 3.9.2" in line
    assert "make PYTHON=" in line


def test_without_node_it_says_so(machine, checkout):
    machine.has("python3", sys.executable)

    assert "node is not on PATH" in the_line(machine.set_up(checkout))


def test_an_old_node_is_named_with_what_is_needed(machine, checkout):
    machine.has("python3", sys.executable)
    machine.has_fake("node", "echo v18.20.4")

    assert "Node v18.20.4 is too old" in the_line(machine.set_up(checkout))


def test_a_node_that_is_none_is_not_taken_for_one(machine, checkout):
    machine.has("python3", sys.executable)
    machine.has_fake("node", "echo hello")

    assert "says 'hello', not a version" in the_line(machine.set_up(checkout))


def test_without_npm_it_says_so(machine, checkout):
    machine.has("python3", sys.executable)
    machine.has_fake("node", "echo v22.1.0")

    assert "npm is not on PATH" in the_line(machine.set_up(checkout))


@pytest.fixture
def complete(machine: Machine) -> Machine:
    """A machine that has everything but the network."""
    machine.has_fake("python3", f'exec "{BASE_PYTHON}" "$@"')
    machine.has_fake("node", "echo v22.1.0")
    machine.has_fake("npm", "exit 1")
    return machine


def test_a_python_without_pip_is_told_how_to_get_it(complete, checkout):
    complete.has_fake("python3.11", "exit 0")
    (complete.bin / "python3").unlink()
    complete.has_fake("python3", 'case "$1 $2" in "-m pip") exit 1;; *) exit 0;; esac')

    assert "has no pip" in the_line(complete.set_up(checkout))


def test_without_network_the_first_installation_says_so_and_marks_nothing_done(complete, checkout):
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_RETRIES": "0"}

    line = the_line(complete.set_up(checkout, PIP_CONFIG_FILE=os.devnull, **offline))

    assert "installing uv failed" in line
    assert "Is the package index reachable?" in line
    assert not (checkout / ".vela" / "tools" / "uv").exists()
    assert not (checkout / ".vela" / "setup.lock").exists()


def test_another_setup_of_the_same_checkout_is_named(complete, checkout):
    lock = checkout / ".vela" / "setup.lock"
    lock.mkdir(parents=True)
    (lock / "pid").write_text(str(os.getpid()), encoding="utf-8")

    assert f"(process {os.getpid()})" in the_line(complete.set_up(checkout))


def test_a_lock_whose_holder_is_gone_is_taken_over(complete, checkout):
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock = checkout / ".vela" / "setup.lock"
    lock.mkdir(parents=True)
    (lock / "pid").write_text(str(gone.pid), encoding="utf-8")
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_RETRIES": "0"}

    line = the_line(complete.set_up(checkout, PIP_CONFIG_FILE=os.devnull, **offline))

    assert "installing uv failed" in line


@pytest.fixture
def tiny_disk(checkout: Path) -> Path:
    """A file system of 64 kB where the set-up writes."""
    place = checkout / ".vela"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount the small file system this test fills")
    return place


def test_a_full_disk_is_called_a_full_disk(complete, checkout, tiny_disk):
    (tiny_disk / "filler").write_bytes(b"x" * 60 * 1024)
    complete.has_fake(
        "python3",
        'case "$*" in *target*) echo "No space left on device"; exit 1;; *) exit 0;; esac',
    )
    try:
        line = the_line(complete.set_up(checkout))
    finally:
        subprocess.run(["umount", str(tiny_disk)], check=True)

    assert "the disk is full" in line
