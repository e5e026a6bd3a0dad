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
class Inputs:
    """All that decides an asset's files."""

    runtime: tuple[str, ...]
    requirements: str
    sources: Mapping[str, bytes]

    def digest(self) -> str:
        """Name the asset."""
        digest = hashlib.sha256()
        texts = (LAYOUT, *self.runtime, self.requirements)
        for part in (*(text.encode() for text in texts), *_flat(self.sources)):
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def write_sources(self, asset: Path) -> None:
        """Put the rooms beside the wheels."""
        for name, content in self.sources.items():
            path = asset / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


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
        inputs = Inputs(
            runtime=_runtime(target),
            requirements=self._run(["export", *EXPORT]),
            sources=_sources(),
        )
        digest = inputs.digest()
        directory = self.cache / f"{target}-{digest}"
        if not directory.is_dir():
            self._assemble(directory, inputs)
            _forget(self.cache.glob(f"{target}-*"), keep=directory)
        return Bundle(directory=directory, digest=digest)

    def _assemble(self, directory: Path, inputs: Inputs) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.cache, prefix="new-") as scratch:
            listed, asset = Path(scratch, "requirements.txt"), Path(scratch, "asset")
            listed.write_text(inputs.requirements, encoding="utf-8")
            where = ["--target", str(asset), *inputs.runtime, "--requirement", str(listed)]
            self._run(["pip", "install", *INSTALL, *where])
            inputs.write_sources(asset)
            _normalise(asset)
            try:
                asset.rename(directory)
            except OSError:
                if not directory.is_dir():  # else another synthesis was quicker
                    raise

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


def _flat(files: Mapping[str, bytes]) -> Iterator[bytes]:
    for name, content in files.items():
        yield name.encode()
        yield content


def _sources() -> dict[str, bytes]:
    """Read the rooms once, so that what is digested is what is written."""
    paths = [p for room in ROOMS for p in (_PACKAGE / room, *(_PACKAGE / room).rglob("*.py"))]
    files = sorted(path for path in paths if path.is_file())
    return {f"vela/{path.relative_to(_PACKAGE).as_posix()}": path.read_bytes() for path in files}


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
