"""The emulator's own environment, installed once by uv from pinned and hashed requirements.

Law: an installation is whole or it is made anew; the marker that says so is written last.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vela.errors import DiskFull, MachineError, ToolMissing

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
RUNTIME_REQUIREMENTS = HERE / "runtime-requirements.txt"
OFFLINE = re.compile(
    r"dns error|error sending request|[Cc]ould not connect|timed out|Failed to fetch|"
    r"Network is unreachable|Connection refused|not found in the cache"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One environment below the tools directory, named for what it holds."""

    directory: Path

    @classmethod
    def below(cls, tools: Path) -> "Installation":
        """Name the environment that this version of the code needs."""
        parts = [REQUIREMENTS.read_bytes(), RUNTIME_REQUIREMENTS.read_bytes()]
        digest = hashlib.sha256(b"\0".join([*parts, sys.version.encode()])).hexdigest()[:16]
        return cls(directory=tools / f"emulator-{digest}")

    @property
    def python(self) -> Path:
        """The interpreter that runs the emulator."""
        return self.directory / "bin" / "python"

    @property
    def runtime_packages(self) -> Path:
        """What a Python function finds beside the standard library, as in AWS Lambda."""
        return self.directory / "lambda-packages"

    @property
    def complete(self) -> bool:
        """Tell whether the installation was finished."""
        return self._marker.exists()

    def ensure(self, uv: Path, progress: Callable[[str], None]) -> None:
        """Install unless that is done; what an interrupted attempt left is replaced."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        with self.directory.with_suffix(".lock").open("w") as lock:
            # Homes share the installation: who comes second waits, and finds it done.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.complete:
                progress("installing the AWS API emulator (once)")
                self._install(uv)

    def _install(self, uv: Path) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        interpreter = ["--python", str(self.python)]
        install = ["pip", "install", "--require-hashes", *interpreter, "--requirement"]
        target = ["--target", str(self.runtime_packages)]
        _run(uv, "venv", "--python", sys.executable, str(self.directory))
        _run(uv, *install, str(REQUIREMENTS))
        _run(uv, *install, str(RUNTIME_REQUIREMENTS), *target)
        self._marker.touch()

    @property
    def _marker(self) -> Path:
        return self.directory / "complete"


def find_uv(given: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the uv that is given, named by ``UV``, or on the PATH."""
    named = given or environment.get("UV") or shutil.which("uv", path=environment.get("PATH"))
    if named and (found := shutil.which(str(named))):
        return Path(found)
    raise ToolMissing(
        "uv, which installs the AWS API emulator, was not found",
        "Run `make install`, or set UV to the program",
    )


def _run(uv: Path, *arguments: str) -> None:
    # Without VIRTUAL_ENV and the like: uv is to look at nothing but its arguments.
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "UV_PROJECT"}}
    command = [str(uv), *arguments, "--quiet"]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _failure(done.stderr)


def _failure(output: str) -> MachineError:
    last = " ".join(output.split())[-300:] or "uv gave no reason"
    if "No space left on device" in output:
        return DiskFull(
            "The disk is full: the AWS API emulator could not be installed",
            "Free about 200 MB and run the command again",
        )
    if OFFLINE.search(output):
        return ToolMissing(
            "The AWS API emulator could not be installed: the package index was not reached",
            "Connect this machine to the network for the first start; later ones need none",
        )
    return ToolMissing(
        f"The AWS API emulator could not be installed: {last}",
        "Mend the cause and run the command again",
    )
