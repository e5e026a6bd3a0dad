"""The edge of the custom resource ``Custom::DsqlDatabaseRole``: a mapping of an IAM role to a database role.

Law: CloudFormation always gets an answer, so the work is bounded by the function's own time less what
the answer may take. Create and Update only grant, Delete only revokes: another property is another
physical id, and CloudFormation deletes the old one after everything else was updated, so that no moment
is without a mapping.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg

from vela.api.cloudformation import Answer, ResourceRequest, send
from vela.api.failure_fields import as_fields
from vela.api.services.patience import Patience, persist
from vela.api.services.role_mapping import Connect, RoleMapping, grant, revoke
from vela.dsql.connection import Connection
from vela.dsql.deadline import Deadline
from vela.dsql.failures import classify
from vela.dsql.pool import Pool
from vela.dsql.token import Credentials
from vela.errors import (
    AccessDenied,
    DeadlineExceeded,
    NameNotResolved,
    TlsFailed,
    Unreachable,
    VelaError,
)
from vela.settings import DsqlSettings

log = logging.getLogger(__name__)

#: Kept back for the answer: three attempts of five seconds and the waits between them.
ANSWER_S = 17.0
#: One attempt: connecting and up to four statements.
ATTEMPT_S = 10.0
#: The share of the time within which attempts begin: the last one needs time to tell its cause.
BEFORE_LAST = 0.9
#: The physical id of what was never made, because it could not even be asked for.
UNMADE = "unmade/"
#: On Delete: nobody is there to be asked, so nothing is left to be undone.
GONE = (AccessDenied, DeadlineExceeded, NameNotResolved, TlsFailed, Unreachable)
#: Of the environment: how to get there and what to call things in advice. Which cluster and which
#: role is asked for by CloudFormation alone.
PASSED_ON = (
    "PGHOSTADDR",
    "PGPORT",
    "PGSSLROOTCERT",
    "DSQL_VPC_ENDPOINT_ID",
    "DSQL_SECURITY_GROUP_ID",
)

Step = Callable[[Connect, RoleMapping], None]


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Do what CloudFormation asks and answer it; what Lambda calls."""
    request = ResourceRequest.parse(event)
    remaining = context.get_remaining_time_in_millis() / 1000
    work = Work(env=os.environ, deadline=Deadline.after(max(remaining - ANSWER_S, remaining / 2)))
    answer = answer_to(request, work, log_stream=context.log_stream_name)
    send(request, answer)
    log.info(
        "custom_resource.answered",
        extra={
            "request_type": request.type,
            "physical_id": answer.physical_id,
            "status": "SUCCESS" if answer.failed is None else "FAILED",
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Until when, with what environment, and how attempts are repeated."""

    env: Mapping[str, str]
    deadline: Deadline
    sleep: Callable[[float], None] = time.sleep

    def do(self, step: Step, mapping: RoleMapping, patience: Patience) -> None:
        """Run *step* as ``admin`` on the mapping's cluster, as often as its trouble is worth."""
        settings = admin_settings(mapping, self.env)
        credentials = Credentials.from_env(self.env)
        with Pool(settings, credentials=lambda: credentials, max_size=1) as pool:
            connect = partial(connection, pool, self.deadline)
            persist(
                partial(step, connect, mapping),
                patience,
                clock=self.deadline.clock,
                sleep=self.sleep,
            )


def answer_to(request: ResourceRequest, work: Work, *, log_stream: str) -> Answer:
    """Carry the request out; whatever goes wrong becomes an answer."""
    physical_id = request.physical_id or f"{UNMADE}{request.request_id}"
    try:
        if request.type == "Delete":
            delete(request, work)
            return Answer(physical_id=physical_id)
        mapping = RoleMapping.parse(request.properties)
        physical_id = request.physical_id or mapping.physical_id
        work.do(grant, mapping, while_making(work.deadline.remaining()))
        return Answer(physical_id=mapping.physical_id)
    except VelaError as error:
        log.error("role_mapping.failed", extra=as_fields(error))  # noqa: TRY400 - not a bug
        return Answer(physical_id=physical_id, failed=f"{error.code}: {error}")
    except Exception:
        log.exception("role_mapping.crashed")
        return Answer(physical_id=physical_id, failed=f"a bug; see log stream {log_stream}")


def delete(request: ResourceRequest, work: Work) -> None:
    """Revoke; a cluster that cannot be reached any more must not keep its stack alive."""
    if (request.physical_id or UNMADE).startswith(UNMADE):
        # A Create that failed before anything was done; CloudFormation deletes it all the same.
        log.info("role_mapping.never_made", extra={"physical_id": request.physical_id})
        return
    mapping = RoleMapping.parse(request.properties)
    try:
        work.do(revoke, mapping, while_unmaking(work.deadline.remaining()))
    except GONE as error:
        log.warning("role_mapping.left_behind", extra=as_fields(error))


def while_making(seconds: float) -> Patience:
    """A new endpoint needs minutes at most, a new policy less than one."""
    most = seconds * BEFORE_LAST
    return Patience(passing_s=most, network_s=min(most, 240.0), denied_s=min(most, 60.0))


def while_unmaking(seconds: float) -> Patience:
    """What does not answer within some seconds is taken for gone."""
    most = seconds * BEFORE_LAST
    return Patience(passing_s=most, network_s=min(most, 15.0), denied_s=min(most, 15.0))


def admin_settings(mapping: RoleMapping, env: Mapping[str, str]) -> DsqlSettings:
    """Reach the mapping's cluster as ``admin``, by the way *env* names."""
    way = {name: env[name] for name in PASSED_ON if name in env}
    asked = {"DSQL_ENDPOINT": mapping.endpoint.host, "DSQL_DATABASE_ROLE": "admin"}
    return DsqlSettings.from_env(way | asked)


@contextmanager
def connection(pool: Pool, deadline: Deadline) -> Iterator[Connection]:
    """Hold a connection for one attempt; every failure leaves classified."""
    try:
        with pool.connection(deadline=deadline.within(ATTEMPT_S)) as conn:
            yield conn
    except psycopg.Error as error:
        raise classify(error, pool.settings) from error
