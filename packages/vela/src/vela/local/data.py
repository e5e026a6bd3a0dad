"""The data directory: what the local cloud keeps from one start to the next.

Law: knows every name that Vela makes there; nothing else of the directory is touched.
"""

import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vela.local.documents import read, write
from vela.local.settings import Ports

#: Others pass through, to where PostgreSQL keeps its data under an account of its own.
PASSABLE = 0o711
PRIVATE = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCredentials:
    """The key of the account's root."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True, slots=True)
class Data:
    """One data directory."""

    directory: Path

    @property
    def emulator(self) -> Path:
        """The emulator's state."""
        return self.directory / "emulator"

    @property
    def dsql(self) -> Path:
        """The clusters; dsql-local's business."""
        return self.directory / "dsql"

    @property
    def credentials_file(self) -> Path:
        """The root credentials, as the emulator reads them too."""
        return self.directory / "credentials.json"

    def prepare(self) -> None:
        """Make what a start needs, for its owner only."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(PASSABLE)
        self.emulator.mkdir(exist_ok=True)
        self.emulator.chmod(PRIVATE)
        if not self.credentials_file.exists():
            # A key id of its own: the CDK CLI remembers the account of every key id it has seen.
            key_id = "AKIA" + secrets.token_hex(8).upper()
            made = RootCredentials(access_key_id=key_id, secret_access_key=secrets.token_hex(20))
            write(self.credentials_file, asdict(made))

    def credentials(self) -> RootCredentials:
        """Return the root credentials."""
        return read(self.credentials_file, RootCredentials)

    def ports(self) -> Ports:
        """Return the ports of the last start, or the defaults before the first one."""
        if not self._ports_file.exists():
            return Ports()
        fix = "Remove that file, and the default ports are taken"
        return read(self._ports_file, Ports, fix=fix)

    def remember(self, ports: Ports) -> None:
        """Keep *ports* for the next start."""
        write(self._ports_file, asdict(ports))

    def forget(self) -> tuple[Path, ...]:
        """Remove what Vela made; return what else there is, which is left."""
        with suppress(FileNotFoundError):
            for path in self._made:
                _remove(path)
            if left := tuple(sorted(self.directory.iterdir())):
                return left
            self.directory.rmdir()
        return ()

    @property
    def _ports_file(self) -> Path:
        return self.directory / "ports.json"

    @property
    def _made(self) -> tuple[Path, ...]:
        files = self._ports_file, self.credentials_file
        partial = (file.with_suffix(".partial") for file in files)
        # The CDK CLI's assemblies are put here by a deployment, one for what each is told.
        assemblies = (*self.directory.glob("cdk.out*"), *self.directory.glob(".cdk.*"))
        lock = self.directory / "cdk.lock"
        return (*files, *partial, self.emulator, self.dsql, *assemblies, lock)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
