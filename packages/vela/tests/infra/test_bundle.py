import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

from vela.errors import ProcessFailed, ToolMissing
from vela.infra.bundle import Inputs, find_uv
from vela.infra.settings import LambdaTarget

MEGABYTE = 1024 * 1024
PACKAGES = ("packages/vela/pyproject.toml", "packages/dsql-local/pyproject.toml")


@pytest.fixture(scope="session")
def lambda_bundle(bundler):
    return bundler.build(LambdaTarget.LAMBDA)


def contents(directory):
    return {
        path.relative_to(directory).as_posix(): (
            stat.S_IMODE(path.stat().st_mode),
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def machine(path):
    """The machine of an ELF file, from its header."""
    header = path.read_bytes()[:20]
    assert header[:4] == b"\x7fELF"
    return int.from_bytes(header[18:20], "little")


def test_the_asset_holds_the_functions_rooms_and_their_wheels_and_nothing_else(lambda_bundle):
    top = {path.name for path in lambda_bundle.directory.iterdir()}
    rooms = {path.name for path in (lambda_bundle.directory / "vela").iterdir()}

    assert {name for name in top if not name.endswith(".dist-info")} == {
        "vela",
        "psycopg",
        "psycopg_binary",
        "psycopg_binary.libs",
    }
    assert rooms == {"__init__.py", "errors.py", "settings.py", "dsql", "api"}


def test_the_asset_for_lambda_is_of_arm64_and_python_3_13_throughout(lambda_bundle):
    aarch64 = 183
    libraries = [path for path in lambda_bundle.directory.rglob("*.so*") if path.is_file()]
    extensions = [path.name for path in libraries if "cpython" in path.name]

    assert {machine(path) for path in libraries} == {aarch64}
    assert extensions
    assert all("cpython-313-aarch64-linux-gnu" in name for name in extensions)


def test_the_asset_has_nothing_of_the_machine_that_built_it(lambda_bundle):
    names = contents(lambda_bundle.directory)

    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".lock"))]
    assert {mode for mode, _ in names.values()} == {0o644}


def test_the_asset_stays_small(lambda_bundle):
    size = sum(p.stat().st_size for p in lambda_bundle.directory.rglob("*") if p.is_file())

    assert size < 20 * MEGABYTE  # 250 are allowed; a cold start loads what is there


def test_the_same_inputs_give_the_same_files_whatever_the_umask(bundler, host_bundle, tmp_path):
    before = os.umask(0o077)
    try:
        again = replace(bundler, cache=tmp_path / "elsewhere").build(LambdaTarget.HOST)
    finally:
        os.umask(before)

    assert again.digest == host_bundle.digest
    assert contents(again.directory) == contents(host_bundle.directory)


def test_what_is_built_is_not_built_again(bundler, tmp_path):
    once = replace(bundler, cache=tmp_path)
    first = once.build(LambdaTarget.HOST)
    (first.directory / "mark").touch()

    second = once.build(LambdaTarget.HOST)

    assert second == first
    assert (second.directory / "mark").exists()


def test_any_other_input_gives_another_digest():
    inputs = Inputs(runtime=("a",), requirements="b", sources={"c": b"d"})

    others = [
        replace(inputs, runtime=("a", "b"), requirements=""),
        replace(inputs, requirements="bb"),
        replace(inputs, sources={"c": b"e"}),
        replace(inputs, sources={"cd": b""}),
    ]

    assert len({inputs.digest(), *(other.digest() for other in others)}) == 5


@pytest.mark.parametrize("module", ["vela.api.handler", "vela.api.role_mapping"])
def test_a_handler_is_importable_from_the_asset_alone(module, host_bundle):
    # -I -S: no environment, no site-packages, only the standard library and the asset.
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import importlib;"
        "m = importlib.import_module(sys.argv[2]); print(m.__file__, callable(m.handler))"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code, host_bundle.directory, module],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )

    expected = host_bundle.directory / f"{module.replace('.', '/')}.py"
    assert (done.stdout.split(), done.stderr) == ([str(expected), "True"], "")


def test_only_the_newest_builds_are_kept(bundler, tmp_path):
    for number in range(5):
        old = tmp_path / f"host-{number}"
        old.mkdir()
        os.utime(old, (number, number))
    (tmp_path / "lambda-0").mkdir()

    built = replace(bundler, cache=tmp_path).build(LambdaTarget.HOST)

    assert {path.name for path in tmp_path.iterdir()} == {
        built.directory.name,
        "host-3",
        "host-4",
        "lambda-0",
    }


def test_uv_is_looked_for_where_it_is_named_then_installed_then_on_path(tmp_path):
    def program(place):
        place.parent.mkdir(parents=True)
        place.touch(mode=0o755)
        return place

    on_path = program(tmp_path / "bin/uv")
    env = {"PATH": str(on_path.parent)}
    assert find_uv(tmp_path, env) == on_path

    installed = program(tmp_path / ".vela/tools/uv/bin/uv")
    assert find_uv(tmp_path, env) == installed

    named = program(tmp_path / "mine/uv")
    assert find_uv(tmp_path, env | {"UV": str(named)}) == named


def test_without_uv_the_error_says_how_to_get_it(tmp_path):
    with pytest.raises(ToolMissing) as raised:
        find_uv(tmp_path, {"PATH": str(tmp_path), "UV": str(tmp_path / "gone")})

    assert raised.value.fix == "Run `make install`"


def test_without_network_the_error_is_one_line_and_nothing_is_left_behind(bundler, tmp_path):
    nobody = "http://127.0.0.1:9"  # the discard port: refused
    offline = {
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_HTTP_RETRIES": "0",
        "HTTPS_PROXY": nobody,
        "HTTP_PROXY": nobody,
        "ALL_PROXY": nobody,
    }
    cut_off = replace(bundler, cache=tmp_path / "cache", env={**bundler.env, **offline})

    with pytest.raises(ProcessFailed) as raised:
        cut_off.build(LambdaTarget.HOST)

    assert "Connection refused" in raised.value.what
    assert "\n" not in str(raised.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_wheel_that_is_not_the_locked_one_is_refused(bundler, tmp_path):
    project = tmp_path / "project"
    for name in ("pyproject.toml", "uv.lock", *PACKAGES):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bundler.project / name, project / name)
    lock = (project / "uv.lock").read_text(encoding="utf-8")
    digest = re.compile(r'(/psycopg-[^"]*", hash = "sha256:)[0-9a-f]{4}')
    (project / "uv.lock").write_text(digest.sub(r"\g<1>0000", lock), encoding="utf-8")

    with pytest.raises(ProcessFailed, match="Hash mismatch for `psycopg==") as raised:
        replace(bundler, project=project, cache=tmp_path / "cache").build(LambdaTarget.HOST)

    assert "\n" not in str(raised.value)
