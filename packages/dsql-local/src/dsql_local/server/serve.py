"""Serving: everything put together, and taken apart again.

Law: the data directory is held from the first step to the last; whatever ends a server, nothing
it started is left running, and its ready file is gone.
"""

import asyncio
import contextlib
import errno
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import getpid

from dsql_local.dialect.classifier import Classifier
from dsql_local.dialect.examination import examine
from dsql_local.dialect.table import RULES
from dsql_local.errors import PortInUse
from dsql_local.options import Options
from dsql_local.postgres import place as places
from dsql_local.postgres import template as templates
from dsql_local.ready_file import Running
from dsql_local.server import stand_alone, tls
from dsql_local.server.admission import Admission
from dsql_local.server.baselines import Baselines
from dsql_local.server.control import start_control
from dsql_local.server.data_directory import held
from dsql_local.server.house import House
from dsql_local.server.instances import Instances
from dsql_local.server.listener import BACKLOG, Listener
from dsql_local.server.registry import Cluster, Registry
from dsql_local.server.runtime import Runtimes
from dsql_local.server.unknown import UnknownStatements


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All there is before the first client."""

    options: Options
    sock: socket.socket
    registry: Registry
    cluster: Cluster | None
    files: tls.Files
    instances: Instances


def serve(options: Options, announce: Callable[[Running], None]) -> signal.Signals:
    """Serve until told to stop; return the signal that told so."""
    with prepared(options) as server:
        return _run(server, announce)


@contextlib.contextmanager
def prepared(options: Options) -> Iterator[Prepared]:
    """Take the data directory and the port, and make what is missing."""
    examine(RULES)
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(held(options.data_dir))
        options.told_in.unlink(missing_ok=True)  # left by a server that was killed
        stack.callback(options.told_in.unlink, missing_ok=True)
        sock = stack.enter_context(_bound(options.host, options.port))
        registry = Registry(directory.registry, region=options.region, account=options.account)
        cluster = stand_alone.provide(registry) if options.admin_cluster else None
        files = tls.Files(directory=directory.tls)
        tls.provide(files, tls.host_patterns(registry.region, registry.suffix), datetime.now(UTC))
        place = stack.enter_context(places.settled(directory.path))
        template = templates.prepare(place, templates.cache())
        instances = Instances(place, template, limits=options.limits)
        instances.check([known.identifier for known in registry.list_clusters()])
        yield Prepared(
            options=options,
            sock=sock,
            registry=registry,
            cluster=cluster,
            files=files,
            instances=instances,
        )


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket on the port; clients wait from here on."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen(BACKLOG)
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
                raise
            raise PortInUse(
                f"cannot listen on {host}:{port}: {error.strerror}",
                fix="Stop what listens there, or choose another with --port (0 takes a free one).",
            ) from None
        sock.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        yield sock


def _run(server: Prepared, announce: Callable[[Running], None]) -> signal.Signals:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(server, announce))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 - absent where it cannot be built
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _serve(server: Prepared, announce: Callable[[Running], None]) -> signal.Signals:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[signal.Signals] = loop.create_future()
    serving = loop.create_task(_until_cancelled(server, announce))

    def stop(number: signal.Signals) -> None:
        if not told.done():
            told.set_result(number)
            serving.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        await serving
    except asyncio.CancelledError:
        return told.result()
    raise RuntimeError("serving ended by itself")


async def _until_cancelled(server: Prepared, announce: Callable[[Running], None]) -> None:
    async with _open(server) as facts:
        facts.write(server.options.told_in)
        announce(facts)
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _open(server: Prepared) -> AsyncIterator[Running]:
    """Accept connections, and control requests."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.instances.close)
        if server.cluster:
            await server.instances.socket(server.cluster.identifier)
        unknown = UnknownStatements(logged=server.options.log_unknown)
        stack.callback(unknown.sum_up)
        secret = secrets.token_urlsafe(32)
        baselines = Baselines(server.instances.socket)
        stack.callback(baselines.close)
        runtimes = Runtimes(
            server.options.limits,
            foreman=server.instances.foreman,
            socket_of=server.instances.socket,
        )
        control = await start_control(
            server.registry,
            baselines=baselines,
            runtimes=runtimes,
            host=server.options.host,
            port=server.options.control_port,
            secret=secret,
            on_cluster_deleted=server.instances.remove,
            now=time.time,
            unknown=unknown,
        )
        stack.push_async_callback(control.close)
        house = House(
            admission=Admission(server.registry),
            instances=server.instances,
            runtimes=runtimes,
            classifier=Classifier(server.options.limits),
            unknown=unknown,
        )
        context = tls.server_context(server.files)
        stack.push_async_callback(house.close)
        listener = Listener(server.sock, tls=context, house=house)
        stack.push_async_callback(listener.close)
        yield _facts(server, control_port=control.port, secret=secret)


def _facts(server: Prepared, *, control_port: int, secret: str) -> Running:
    options = server.options
    facts = Running(
        pid=getpid(),
        host=options.host,
        port=server.sock.getsockname()[1],
        control_url=f"http://{options.host}:{control_port}",
        control_secret=secret,
        ca_file=str(server.files.authority.resolve()),
        region=server.registry.region,
        account=server.registry.account,
        data_dir=str(options.data_dir.resolve()),
    )
    if server.cluster is None:
        return facts
    return replace(
        facts,
        endpoint=server.cluster.public_host,
        cluster_arn=server.cluster.arn,
        access_key_id=stand_alone.ACCESS_KEY_ID,
        secret_access_key=stand_alone.SECRET_ACCESS_KEY,
    )
