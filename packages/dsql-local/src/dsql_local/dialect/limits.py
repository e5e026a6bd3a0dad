"""The limits of a cluster as values, so that a test can use small ones.

Law: every number of the rule tables that Amazon could raise is here and nowhere else.
https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Quotas of objects, and bounds of one transaction and of connections."""

    schemas: int = 10
    tables: int = 1000
    views: int = 5000
    sequences: int = 5000
    columns: int = 256
    indexes: int = 24
    key_columns: int = 8
    declared_key_bytes: int = 2000
    key_bytes: int = 1981
    view_bytes: int = 512 * 1024
    char_bytes: int = 4096
    varchar_bytes: int = 65535
    statistics: int = 5
    statistics_target: int = 100
    row_bytes: int = 2 * 1024 * 1024
    column_bytes: int = 1024 * 1024
    transaction_rows: int = 3000
    transaction_bytes: int = 10 * 1024 * 1024
    transaction_age_s: int = 300
    connections: int = 10_000
    connections_per_second: int = 100
    connection_burst: int = 1000
    connection_life_s: int = 3600


DEFAULT = Limits()
