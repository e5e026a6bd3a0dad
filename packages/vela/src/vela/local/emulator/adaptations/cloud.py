"""What every adaptation may know of the local cloud it runs in."""

from dataclasses import dataclass
from pathlib import Path

from .control import DsqlLocal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The one account and region of the local cloud, and where its parts are."""

    account: str
    region: str
    port: int
    scratch: Path
    runtime_packages: Path
    credential_seed: bytes
    control_secret: str
    dsql: DsqlLocal

    @property
    def endpoint_url(self) -> str:
        """Where the emulator answers every AWS API."""
        return f"http://127.0.0.1:{self.port}"
