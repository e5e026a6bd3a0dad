"""Faults on demand, for tests of an application.

What the rest of the server needs to know: each cluster has one `Faults`; a session asks it

* `at_commit()` just before it sends what may commit. PostgreSQL itself fails the commit with a
  `Lose` if the transaction wrote or defined something (``postgres/faults.sql``); if it did not, or
  failed by itself, the fault goes back by `unmet()`. `Drop.BEFORE` closes the connection without
  sending a COMMIT, a write or a definition; `Drop.AFTER` sends it and closes the connection instead
  of passing on its CommandComplete; None is the rule.
* `at_access()` before it sends what reads or writes: a `Lose` refuses that statement.
* `at_statement()` before any statement: the seconds to wait before it is sent, usually 0.

Each answer uses up what was armed, first armed first. Connections are the server's business.
"""

from dsql_local.faults.plan import OC000, OC001, Drop, Faults, Lose

__all__ = ["OC000", "OC001", "Drop", "Faults", "Lose"]
