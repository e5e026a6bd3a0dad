"""The cloud assemblies that are kept between commands.

Law: one is whole and of known sources, or it is made anew beside and put in its place at once. Few are
kept: the oldest go. Whoever reads one while it is deployed is not disturbed.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from vela.errors import AlreadyRunning

#: A deployment with a name of its own needs four; an assembly is some tens of megabytes.
KEPT = 6
STAMP = "vela.inputs"


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept assembly; others with the same beginning of their names lie beside it."""

    directory: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait until nobody else makes an assembly here, then be alone with that for the block."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        # Beside, not within: the directory itself is replaced.
        with (self.directory.parent / "cdk.lock").open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def made_of(self, inputs: str) -> bool:
        """Tell whether what is kept is whole and made of *inputs*."""
        stamp = self.directory / STAMP
        try:
            same = stamp.read_bytes() == inputs.encode()
        except OSError:
            return False
        if whole := same and is_whole(self.directory):
            stamp.touch()  # the last use decides who goes
        return whole

    @contextmanager
    def anew(self, inputs: str) -> Iterator[Path]:
        """Give a directory to synthesise into; it takes the kept one's place if the block succeeds."""
        if reader := self._reader():
            raise AlreadyRunning(
                f"{self.directory} is being deployed by process {reader}, and its sources have "
                "changed since",
                "Wait until that has finished, then run it again",
            )
        with tempfile.TemporaryDirectory(dir=self.directory.parent, prefix=".cdk.") as beside:
            made, before = Path(beside) / "made", Path(beside) / "before"
            made.mkdir()
            yield made
            (made / STAMP).write_text(inputs, encoding="utf-8")
            with suppress(FileNotFoundError):
                self.directory.rename(before)
            made.rename(self.directory)
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        family = [path for path in self.directory.parent.glob("cdk.out*") if path.is_dir()]
        for path in sorted(family, key=_last_used, reverse=True)[KEPT:]:
            if Kept(path)._reader() is None:  # noqa: SLF001 - of its own kind
                shutil.rmtree(path)

    def _reader(self) -> int | None:
        """Find a CDK CLI that reads it: it leaves a file of its process's number while it does."""
        for path in self.directory.glob("read.*.lock"):
            with suppress(ValueError, ProcessLookupError):
                pid = int(path.name.split(".")[1])
                os.kill(pid, 0)  # tells only whether it lives
                return pid
        return None


def is_whole(assembly: Path) -> bool:
    """Tell whether the assembly can be read: its manifest, and every template that names."""
    try:
        manifest = _parsed(assembly / "manifest.json")
        for artifact in manifest.get("artifacts", {}).values():
            if file := artifact.get("properties", {}).get("templateFile"):
                _parsed(assembly / file)
    except (OSError, ValueError):
        return False
    return True


def _parsed(path: Path) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    parsed: dict[str, dict[str, dict[str, dict[str, str]]]] = json.loads(path.read_bytes())
    return parsed


def _last_used(path: Path) -> float:
    with suppress(OSError):
        return (path / STAMP).stat().st_mtime
    return 0.0
