"""What is said when the emulator cannot be installed."""

import sys

import pytest

from vela.errors import DiskFull, ToolMissing
from vela.local.emulator.installation import (
    REQUIREMENTS,
    RUNTIME_REQUIREMENTS,
    Installation,
    find_uv,
)


@pytest.fixture
def uv(tmp_path):
    """A program in uv's place that fails with the text it is given."""

    def failing(text):
        program = tmp_path / "uv"
        program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit({text!r})\n")
        program.chmod(0o700)
        return program

    return failing


@pytest.mark.parametrize(
    ("output", "kind", "told"),
    [
        ("error: Failed to fetch: dns error", ToolMissing, "Connect this machine"),
        ("error: No space left on device (os error 28)", DiskFull, "Free about"),
        ("error: no solution found", ToolMissing, "no solution found"),
    ],
)
def test_each_cause_has_its_own_line(tmp_path, uv, output, kind, told):
    installation = Installation.below(tmp_path / "tools")

    with pytest.raises(kind, match=told):
        installation.ensure(uv(output), lambda _news: None)

    assert not installation.complete


def test_uv_is_the_given_one_then_that_of_the_environment_then_that_of_the_path(tmp_path, uv):
    program = uv("")

    assert find_uv(program, {}) == program
    assert find_uv(None, {"UV": str(program)}) == program
    assert find_uv(None, {"PATH": str(tmp_path)}) == program
    with pytest.raises(ToolMissing, match="UV"):
        find_uv(None, {"PATH": ""})


@pytest.mark.parametrize("path", [REQUIREMENTS, RUNTIME_REQUIREMENTS])
def test_every_requirement_is_pinned_and_hashed_and_names_no_index(path):
    lines = path.read_text().replace("\\\n", " ").splitlines()

    assert lines
    assert all("==" in line and "--hash=sha256:" in line for line in lines)
    assert "://" not in path.read_text()
