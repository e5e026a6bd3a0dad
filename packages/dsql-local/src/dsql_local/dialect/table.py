"""All rules, in the order they are checked at each part of a statement.

Law: the only place that knows every topic.
"""

from typing import Final

from dsql_local.dialect.rule import Rule, by_site
from dsql_local.dialect.rules import (
    alterations,
    columns,
    expressions,
    indexes,
    keys,
    laterals,
    objects,
    quotas,
    sequences,
    settings,
    statements,
    tables,
    transactions,
)
from dsql_local.dialect.sites import SITES

RULES: Final[tuple[Rule, ...]] = (
    *statements.RULES,
    *settings.RULES,
    *tables.RULES,
    *columns.RULES,
    *sequences.RULES,
    *keys.RULES,
    *indexes.RULES,
    *alterations.RULES,
    *objects.RULES,
    *expressions.RULES,
    *laterals.RULES,
    *quotas.RULES,
    *transactions.RULES,
)
# Checked here, when the program starts: a malformed row ends it.
BY_SITE: Final = by_site(RULES, SITES)
