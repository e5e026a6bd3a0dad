"""What a user may choose of a server."""

import os
from dataclasses import dataclass
from pathlib import Path

from dsql_local.dialect.limits import DEFAULT, Limits
from dsql_local.ready_file import NAME


def default_data_dir() -> Path:
    """Where data is kept when nothing else is said."""
    root = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(root) / "dsql-local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a user may choose."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    control_port: int = 0
    region: str = "us-east-1"
    account: str = "123456789012"
    ready_file: Path | None = None
    admin_cluster: bool = True
    limits: Limits = DEFAULT
    log_unknown: bool = False

    @property
    def told_in(self) -> Path:
        """Where the server says that it is ready."""
        return self.ready_file or self.data_dir / NAME
