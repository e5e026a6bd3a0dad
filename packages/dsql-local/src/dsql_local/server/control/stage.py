"""What a test does to a cluster: its jobs, its clock, its faults.

Law: this is ours, not the DSQL API's. Each request is over by the time it is answered; what it
sets lasts until the server ends, but for the time that has passed for jobs.
"""

from typing import Any, Final

from dsql_local.faults.named import FAULTS, armed, described, is_fault, may_befall
from dsql_local.postgres.superuser import Superuser
from dsql_local.server.control import body as fields
from dsql_local.server.control.control import Control
from dsql_local.server.control.exchange import Request, Response, invalid_field

NAME: Final = "dsql_local control"
LONGEST_S: Final = 86_400.0
MOST: Final = 10_000


async def put_jobs(control: Control, request: Request, identifier: str) -> Response:
    """Say how fast jobs are carried out."""
    cluster = control.registry.get_cluster(identifier)
    body = fields.json_object(request)
    fields.only(body, frozenset({"delay_s", "held"}))
    pace = control.runtimes.foreman.pace(cluster.identifier)
    if (delay_s := _seconds(body, "delay_s")) is not None:
        pace.delay_s = delay_s
    if (held := fields.boolean(body, "held")) is not None:
        pace.hold(held=held)
    return Response(content={"delay_s": pace.delay_s, "held": pace.held})


async def post_clock(control: Control, request: Request, identifier: str) -> Response:
    """Let time pass, for sessions and jobs."""
    cluster = control.registry.get_cluster(identifier)
    body = fields.json_object(request)
    fields.only(body, frozenset({"advance_s"}))
    seconds = _seconds(body, "advance_s") or 0.0
    connection = await Superuser.connect(
        await control.runtimes.socket_of(cluster.identifier), name=NAME
    )
    try:
        await connection.run(f"SELECT pg_dsql_local.advance({seconds})")
    finally:
        connection.close()
    runtime = control.runtimes.of(cluster.identifier)
    runtime.advance(seconds)
    return Response(content={"ahead_s": runtime.ahead})


async def post_fault(control: Control, request: Request, identifier: str) -> Response:
    """Arm a fault."""
    cluster = control.registry.get_cluster(identifier)
    body = fields.json_object(request)
    fields.only(body, frozenset({"fault", "times", "seconds", "at"}))
    name = body.get("fault")
    if not is_fault(name):
        raise invalid_field("fault", f"must be one of {', '.join(FAULTS)}")
    at = body.get("at", "commit")
    if not may_befall(at, name):
        raise invalid_field("at", 'must be "commit", or of lose_oc001 "statement"')
    faults = control.runtimes.of(cluster.identifier).faults
    armed(faults, name, times=_times(body), seconds=_seconds(body, "seconds") or 0.0, at=at)
    return Response(content=described(faults))


async def get_faults(control: Control, _: Request, identifier: str) -> Response:
    """Tell what is armed and has not been met yet."""
    cluster = control.registry.get_cluster(identifier)
    return Response(content=described(control.runtimes.of(cluster.identifier).faults))


async def delete_faults(control: Control, _: Request, identifier: str) -> Response:
    """Disarm all."""
    cluster = control.registry.get_cluster(identifier)
    control.runtimes.of(cluster.identifier).faults.clear()
    return Response()


def _seconds(body: fields.Body, name: str) -> float | None:
    value = fields.number(body, name)
    if value is not None and not 0 <= value <= LONGEST_S:
        raise invalid_field(name, f"must be between 0 and {LONGEST_S:.0f}")
    return value


def _times(body: fields.Body) -> int:
    value: Any = body.get("times", 1)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST:
        return value
    raise invalid_field("times", f"must be a whole number between 1 and {MOST}")
