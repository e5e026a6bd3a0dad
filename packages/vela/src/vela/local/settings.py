"""What the local cloud is told: where it lives and which ports it takes.

Law: values, and paths made of them; the disk is asked for nothing but the set-up's own uv.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The two ports of the local cloud."""

    port: int = 8400
    dsql_port: int = 8432

    def __post_init__(self) -> None:
        """Refuse what is no port."""
        for port in (self.port, self.dsql_port):
            if port not in range(HIGHEST_PORT + 1):
                raise ValueError(f"{port} is no port")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """The local cloud of one checkout.

    Args:
        root: The checkout; what is installed is kept in its ``.vela/tools``.
        home: Where everything else is kept; the checkout's ``.vela`` unless said.
        port: Where the AWS APIs and CloudFront answer; 0 takes a free port, None the one of the
            last start, at first the default.
        dsql_port: Where dsql-local takes PostgreSQL connections; likewise.
        uv: The uv program; without it ``UV`` of the environment and the PATH are asked.

    """

    root: Path
    home: Path | None = None
    port: int | None = None
    dsql_port: int | None = None
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
        """Take what is given, paths resolved."""
        return cls(
            root=root.resolve(),
            home=home.resolve() if home else None,
            port=port,
            dsql_port=dsql_port,
        )

    @property
    def installed_uv(self) -> Path | None:
        """The uv that is given, else the one the set-up put among the checkout's tools."""
        own = self.tools / "uv" / "bin" / "uv"
        return self.uv or (own if own.exists() else None)

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
