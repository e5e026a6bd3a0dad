"""Baselines by request: `PUT` takes what a cluster holds as its baseline, `POST` goes back to it.

Law: the answer comes when it is done. All sessions of the cluster end in either. Its clock is of what
it holds.
"""

from dsql_local.server.control.control import Control
from dsql_local.server.control.exchange import Request, Response


async def put_baseline(control: Control, _: Request, identifier: str) -> Response:
    """Remember, with indexes that are built."""
    cluster = control.registry.get_cluster(identifier)
    baseline = await control.baselines.of(cluster.identifier)
    await control.runtimes.foreman.caught_up(cluster.identifier)
    async with control.runtimes.foreman.away(cluster.identifier):
        await baseline.remember()
    runtime = control.runtimes.of(cluster.identifier)
    runtime.ahead_at_baseline = runtime.ahead
    return Response(content={"identifier": cluster.identifier})


async def restore(control: Control, _: Request, identifier: str) -> Response:
    """Go back."""
    cluster = control.registry.get_cluster(identifier)
    baseline = await control.baselines.of(cluster.identifier)
    async with control.runtimes.foreman.away(cluster.identifier):
        way = await baseline.restore()
    runtime = control.runtimes.of(cluster.identifier)
    runtime.ahead = runtime.ahead_at_baseline
    return Response(content={"identifier": cluster.identifier, "restored": way})
