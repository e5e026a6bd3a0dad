"""The Lambda asset: the rooms the functions import and their locked wheels, put together by uv.

Law: same inputs, same files. The inputs are digested, and what is already built under that digest is
used as it is, so a second synthesis builds nothing. Nothing is compiled here: wheels only, each checked
against its hash in ``uv.lock``.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vela.errors import ProcessFailed, ToolMissing
from vela.infra.settings import LambdaTarget

#: Part of the digest: raise it when the same inputs are to give other files.
LAYOUT = "1"
#: What the functions import of this package, and all of it.
ROOMS = ("__init__.py", "errors.py", "settings.py", "dsql", "api")
#: Written by the installer, used by nobody at run time.
LEFTOVERS = (".lock", "**/REQUESTED", "**/RECORD", "**/*.pyi")
#: vela's own dependencies without its extras, as the lock has them, each with its hashes.
EXPORT = (
    *("--locked", "--package", "vela", "--no-dev", "--no-emit-project"),
    *("--no-header", "--no-annotate"),
)
#: Copied, never linked: a link shares its mode and content with uv's cache.
INSTALL = (
    *("--no-deps", "--require-hashes", "--only-binary", ":all:"),
    *("--link-mode", "copy"),
)
#: Of each target so many builds are kept.
KEPT = 3

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A directory ready to be zipped, and the digest of what it was made from."""

    directory: Path
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundler:
    """Builds the asset of one checkout.

    Args:
        project: The workspace, where ``uv.lock`` is.
        uv: The uv program.
        cache: Where built assets stay.
        env: The environment uv runs with (its proxy, its cache, its index).

    """

    project: Path
    uv: Path
    cache: Path
    env: Mapping[str, str]

    def build(self, target: LambdaTarget) -> Bundle:
        """Give the asset for *target*, building it unless it is there."""
        requirements = self._requirements()
        digest = _digest(target, requirements)
        directory = self.cache / f"{target}-{digest}"
        if not directory.is_dir():
            self._assemble(directory, _runtime(target), requirements)
            _forget(self.cache.glob(f"{target}-*"), keep=directory)
        return Bundle(directory=directory, digest=digest)

    def _requirements(self) -> str:
        return self._run(["export", *EXPORT])

    def _assemble(self, directory: Path, runtime: Sequence[str], requirements: str) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.cache, prefix="new-") as scratch:
            listed, asset = Path(scratch, "requirements.txt"), Path(scratch, "asset")
            listed.write_text(requirements, encoding="utf-8")
            where = ["--target", str(asset), *runtime, "--requirement", str(listed)]
            self._run(["pip", "install", *INSTALL, *where])
            _copy_rooms(asset / "vela")
            _normalise(asset)
            if not directory.is_dir():  # another synthesis may have been quicker
                asset.rename(directory)

    def _run(self, arguments: Sequence[str]) -> str:
        command = [str(self.uv), *arguments, "--quiet", "--no-progress", "--color", "never"]
        done = subprocess.run(
            command, cwd=self.project, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ProcessFailed(
                f"`uv {arguments[0]}` could not put the Lambda asset together: {_why(done.stderr)}",
                "Check that the package index is reachable and that `uv lock --check` passes",
            )
        return done.stdout


def find_uv(project: Path, env: Mapping[str, str]) -> Path:
    """Find uv: where ``UV`` says, where ``make install`` puts it, or on PATH."""
    places = (env.get("UV"), str(project / ".vela/tools/uv/bin/uv"), "uv")
    for place in places:
        if place and (found := shutil.which(place, path=env.get("PATH"))):
            return Path(found).absolute()
    raise ToolMissing("uv was not found; it puts the Lambda asset together", "Run `make install`")


def _runtime(target: LambdaTarget) -> tuple[str, ...]:
    match target:
        case LambdaTarget.LAMBDA:
            # Lambda's python3.13 is Amazon Linux 2023, glibc 2.34.
            return ("--python-version", "3.13", "--python-platform", "aarch64-manylinux_2_28")
        case LambdaTarget.HOST:
            major, minor = sys.version_info[:2]
            return ("--python-version", f"{major}.{minor}")


def _digest(target: LambdaTarget, requirements: str) -> str:
    digest = hashlib.sha256()
    for text in (LAYOUT, *_runtime(target), sys.platform if target == "host" else "", requirements):
        digest.update(text.encode() + b"\0")
    for source in _sources():
        digest.update(source.relative_to(_PACKAGE).as_posix().encode() + b"\0")
        digest.update(source.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        path = _PACKAGE / room
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _copy_rooms(destination: Path) -> None:
    for source in _sources():
        copy = destination / source.relative_to(_PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())


def _normalise(asset: Path) -> None:
    """Leave what the functions need, readable by the user Lambda runs them as, whatever the umask."""
    for pattern in LEFTOVERS:
        for leftover in list(asset.glob(pattern)):
            leftover.unlink()
    asset.chmod(0o755)
    for path in asset.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _forget(built: Iterator[Path], *, keep: Path) -> None:
    others = sorted(
        (path for path in built if path != keep), key=lambda path: path.stat().st_mtime_ns
    )
    for old in others[: -(KEPT - 1)]:
        shutil.rmtree(old, ignore_errors=True)


def _why(stderr: str) -> str:
    """Pick uv's complaint and its root cause out of what it printed."""
    lines = [line.strip() for line in stderr.splitlines()]
    told = [line for line in lines if line.startswith("error:")]
    causes = [line for line in lines if line.startswith("cause:")]
    return "; ".join((told[:1] + causes[-1:]) or lines[-1:]) or "it said nothing"
