"""Baselines by request: `PUT` takes what a cluster holds as its baseline, `POST` goes back to it.

Law: the answer comes when it is done. All sessions of the cluster end in either.
"""

from dsql_local.server.control.control import Control
from dsql_local.server.control.exchange import Request, Response


async def put_baseline(control: Control, _: Request, identifier: str) -> Response:
    """Remember."""
    cluster = control.registry.get_cluster(identifier)
    await (await control.baselines.of(cluster.identifier)).remember()
    return Response(content={"identifier": cluster.identifier})


async def restore(control: Control, _: Request, identifier: str) -> Response:
    """Go back."""
    cluster = control.registry.get_cluster(identifier)
    way = await (await control.baselines.of(cluster.identifier)).restore()
    return Response(content={"identifier": cluster.identifier, "restored": way})
