"""The documented examples do what they say, word for word."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "test-with-dsql-local.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


OPTIONS = (
    *("-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly"),
    *("-c", "/dev/null", "--rootdir", "."),
)


def block(name):
    (found,) = [text for text in BLOCKS if text.startswith(f"# {name}\n")]
    return found


@pytest.fixture
def run_pytest(tmp_path):
    """Run pytest where nothing but the plugin is."""

    def run(*arguments, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        return subprocess.run(
            [sys.executable, "-m", "pytest", *OPTIONS, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_example_for_pytest_passes(run_pytest):
    files = {name: block(f"{name}.py") for name in ("conftest", "test_orders")}
    done = run_pytest(**files)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{files['test_orders'].count('def test_')} passed" in done.stdout


def test_the_example_without_pytest_runs(tmp_path):
    (program,) = [text for text in BLOCKS if text.startswith("import dsql_local\n")]

    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


def test_the_plugin_alone_imports_nothing_heavy():
    program = (
        "import sys, pytest; before = set(sys.modules); import dsql_local.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["dsql_local", "dsql_local.pytest_plugin"]
