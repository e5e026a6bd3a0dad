"""Functions of PostgreSQL's own that no client of Aurora DSQL may call, however it comes to them.

Law: names, as a regular expression that means the same to Python and to PostgreSQL. A rule refuses
a call it reads (`rules.expressions`); nobody has the right to any other call, as by an operator, a
view, or text that is run as a query, and PostgreSQL's error of that becomes the refusal.
"""

from typing import Final

REFUSED: Final = (
    "pg_(?:try_)?advisory_[a-z_]+|pg_backend_pid|set_config|pg_notify"
    "|pg_(?:database|indexes|relation|table|tablespace|total_relation)_size"
    "|lo_[a-z0-9_]+|loread|lowrite"
)
