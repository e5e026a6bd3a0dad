"""The access layer: IAM tokens, bounded connections, a pool, transactions, health.

Law: knows Aurora DSQL and PostgreSQL's protocol and nothing of Vela's own data. Names are loaded
when first used (PEP 562), so that signing a token does not load the driver.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vela.dsql.connection import Connection
    from vela.dsql.deadline import Deadline
    from vela.dsql.failures import classify
    from vela.dsql.health import Healthy, probe
    from vela.dsql.pool import Pool, Stats
    from vela.dsql.token import Credentials, credential_chain, sign
    from vela.dsql.transactions import RetryPolicy, transaction
    from vela.settings import DsqlSettings, Endpoint

__all__ = [
    "Connection",
    "Credentials",
    "Deadline",
    "DsqlSettings",
    "Endpoint",
    "Healthy",
    "Pool",
    "RetryPolicy",
    "Stats",
    "classify",
    "credential_chain",
    "probe",
    "sign",
    "transaction",
]

_HOMES = {
    "vela.dsql.connection": ("Connection",),
    "vela.dsql.deadline": ("Deadline",),
    "vela.dsql.failures": ("classify",),
    "vela.dsql.health": ("Healthy", "probe"),
    "vela.dsql.pool": ("Pool", "Stats"),
    "vela.dsql.token": ("Credentials", "credential_chain", "sign"),
    "vela.dsql.transactions": ("RetryPolicy", "transaction"),
    "vela.settings": ("DsqlSettings", "Endpoint"),
}


def __getattr__(name: str) -> object:
    """Load the module that defines *name*."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
