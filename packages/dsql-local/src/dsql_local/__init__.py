"""Aurora DSQL on this machine: a stand-in that refuses what DSQL refuses."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dsql_local.endpoint import Endpoint
    from dsql_local.run import running

__all__ = ["Endpoint", "running"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: the command line needs none of it."""
    match name:
        case "running":
            from dsql_local.run import running  # noqa: PLC0415 - see above

            return running
        case "Endpoint":
            from dsql_local.endpoint import Endpoint  # noqa: PLC0415 - see above

            return Endpoint
        case "__version__":
            from importlib.metadata import version  # noqa: PLC0415 - see above

            return version("dsql-local")
        case _:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
