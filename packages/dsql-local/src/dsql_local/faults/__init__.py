"""Faults on demand, for tests of an application.

What the rest of the server needs to know: each cluster has one `Faults`; a session asks it

* `at_commit()` just before it sends a COMMIT that would succeed, or a write or definition that
  is a transaction of its own. A `Lose` becomes a refusal with its `sqlstate` and `message` (of a
  COMMIT: send ROLLBACK in its place, as for every refused COMMIT); `Drop.BEFORE` closes the
  connection without sending it; `Drop.AFTER` sends it and closes the connection instead of
  passing on its CommandComplete; None is the rule.
* `at_statement()` before any other statement: the seconds to wait before it is sent, usually 0.

Each answer uses up what was armed, first armed first. Connections are the server's business.
"""

from dsql_local.faults.plan import OC000, OC001, Drop, Faults, Lose

__all__ = ["OC000", "OC001", "Drop", "Faults", "Lose"]
