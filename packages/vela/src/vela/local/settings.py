"""What the local cloud is told: where it lives and which ports it takes.

Law: values only; nothing here looks at the disk.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

DEFAULT_PORT = 8400
DEFAULT_DSQL_PORT = 8432


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """The local cloud of one checkout.

    Args:
        root: The checkout; what is installed is kept in its ``.vela/tools``.
        home: Where everything else is kept; the checkout's ``.vela`` unless said.
        port: Where the AWS APIs and CloudFront answer; 0 takes a free port.
        dsql_port: Where dsql-local takes PostgreSQL connections; 0 takes a free port.
        uv: The uv program; without it ``UV`` of the environment and the PATH are asked.

    """

    root: Path
    home: Path | None = None
    port: int = DEFAULT_PORT
    dsql_port: int = DEFAULT_DSQL_PORT
    uv: Path | None = None

    @classmethod
    def of(
        cls,
        root: Path,
        *,
        home: Path | None = None,
        port: int | None = None,
        dsql_port: int | None = None,
    ) -> Self:
        """Take the default for everything that is not given."""
        return cls(
            root=root.resolve(),
            home=home.resolve() if home else None,
            port=DEFAULT_PORT if port is None else port,
            dsql_port=DEFAULT_DSQL_PORT if dsql_port is None else dsql_port,
        )

    @property
    def directory(self) -> Path:
        """What runs and what it keeps lives here."""
        return self.home or self.root / ".vela"

    @property
    def tools(self) -> Path:
        """What was installed; survives a purge."""
        return self.root / ".vela" / "tools"

    @property
    def data(self) -> Path:
        """What a purge forgets."""
        return self.directory / "data"

    @property
    def logs(self) -> Path:
        """One file a process, and one of the run before."""
        return self.directory / "log"

    @property
    def run(self) -> Path:
        """What is true only while the processes run."""
        return self.directory / "run"
