"""The control endpoint: clusters and identities, over HTTP on loopback."""

from dsql_local.server.control.endpoint import ControlServer, start_control

__all__ = ["ControlServer", "start_control"]
