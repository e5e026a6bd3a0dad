"""The cloud on this machine: the AWS API emulator and dsql-local, as processes."""

from vela.local.cloud import LocalCloud
from vela.local.running import Running, Status
from vela.local.settings import LocalSettings

__all__ = ["LocalCloud", "LocalSettings", "Running", "Status"]
