"""Asynchronous work: what `CREATE INDEX ASYNC` and `ALTER TABLE ASYNC` hand to the background.

What the rest of the server needs to know:

* **Session.** In the place of a statement with a `job` send `submission(job, sql)`, where `sql`
  is the text of the statement's `Rewrite` (the one without the word ASYNC). It is one query that
  gives one row with the column `job_id`, completes with the statement's own tag through a marked
  notice (as `pg_dsql_local.show` does), and raises PostgreSQL's own errors as marked errors. It may
  stand in a block, needs no parameter and can be parsed, described and bound like the statement.
* `CALL sys.wait_for_job('…')` and `sys.jobs` are plain PostgreSQL objects; nothing is needed.
* **Server.** `Foreman` keeps one worker a running cluster; it hears of new jobs by itself.
"""

from dsql_local.jobs.submission import submission

__all__ = ["submission"]
