"""The control endpoint over real sockets: HTTP done right, and what happens when it is not."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
import uvloop

from dsql_local.dialect.limits import DEFAULT
from dsql_local.jobs.foreman import Foreman
from dsql_local.server.baselines import Baselines
from dsql_local.server.control import start_control
from dsql_local.server.control.connection import Connection, Limits
from dsql_local.server.control.exchange import Request, Response
from dsql_local.server.registry import Registry
from dsql_local.server.runtime import Runtimes
from dsql_local.server.unknown import UnknownStatements

SECRET = "the-secret"
HEAD = f"Host: 127.0.0.1\r\nAuthorization: Bearer {SECRET}\r\n"
GET = f"GET /health HTTP/1.1\r\n{HEAD}\r\n".encode()
OK = b'{"status": "ok"}'
PATIENCE_S = 30.0


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    """Run a coroutine to its end on either event loop; a hanging one fails."""

    def run(main):
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(asyncio.wait_for(main, PATIENCE_S))

    return run


async def no_postgres(identifier):
    raise ConnectionRefusedError(identifier)


@pytest.fixture
def control(tmp_path):
    """A control endpoint on a free port, and whom it told of deleted clusters."""

    @asynccontextmanager
    async def control(on_cluster_deleted=None):
        async def ignore(_):
            pass

        server = await start_control(
            Registry(tmp_path, region="us-east-1", account="111122223333"),
            baselines=Baselines(no_postgres),
            runtimes=Runtimes(DEFAULT, foreman=Foreman(), socket_of=no_postgres),
            host="127.0.0.1",
            port=0,
            secret=SECRET,
            on_cluster_deleted=on_cluster_deleted or ignore,
            now=lambda: 1731001173.0,
            unknown=UnknownStatements(logged=False),
        )
        try:
            yield server
        finally:
            await server.close()

    return control


@asynccontextmanager
async def connected(port):
    """A raw connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def read_response(reader):
    """One response: its status and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return status, await reader.readexactly(int(lengths[0].split(b":")[1]))


async def exchange(port, *pieces):
    """Send *pieces* one by one, then read all there is until the server closes."""
    async with connected(port) as (reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await reader.read()


def test_a_connection_serves_many_requests(run, control):
    async def main():
        async with control() as server, connected(server.port) as (reader, writer):
            for _ in range(3):
                writer.write(GET)
                assert await read_response(reader) == (200, OK)

    run(main())


def test_requests_sent_together_are_answered_in_order(run, control):
    async def main():
        async with control() as server, connected(server.port) as (reader, writer):
            writer.write(GET + GET.replace(b"/health", b"/nowhere") + GET)
            assert [(await read_response(reader))[0] for _ in range(3)] == [200, 404, 200]

    run(main())


def test_where_the_network_cuts_the_bytes_does_not_matter(run, control):
    body = b'{"deletionProtectionEnabled": false}'
    post = (
        f"POST /cluster HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body

    async def main():
        async with control() as server:
            answer = await exchange(server.port, *(bytes([byte]) for byte in post))
            assert answer.startswith(b"HTTP/1.1 200 ")

    run(main())


def test_a_chunked_body_is_read(run, control):
    async def main():
        async with control() as server:
            answer = await exchange(
                server.port,
                f"POST /cluster HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n".encode(),
                b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            )
            assert answer.startswith(b"HTTP/1.1 200 ")

    run(main())


def test_a_client_that_asks_first_is_told_to_go_on(run, control):
    async def main():
        async with control() as server, connected(server.port) as (reader, writer):
            head = f"POST /cluster HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            writer.write(b"{}")
            assert (await read_response(reader))[0] == 200

    run(main())


def test_a_head_request_gets_no_body(run, control):
    async def main():
        async with control() as server:
            answer = await exchange(
                server.port, f"HEAD /health HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n".encode()
            )
            assert answer.startswith(b"HTTP/1.1 405 ")
            assert answer.endswith(b"\r\n\r\n")

    run(main())


def test_an_old_client_is_served_once(run, control):
    async def main():
        async with control() as server:
            answer = await exchange(server.port, f"GET /health HTTP/1.0\r\n{HEAD}\r\n".encode())
            assert answer.endswith(OK)

    run(main())


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"\r\n\r\n",
        b"GET /health HTTP/x\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /he\x00alth HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /cluster HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=range(10),
)
def test_garbage_is_answered_once_and_the_server_goes_on(run, control, garbage):
    async def main():
        async with control() as server:
            async with connected(server.port) as (reader, writer):
                writer.write(garbage)
                writer.write_eof()
                answer = await reader.read()
            async with connected(server.port) as (reader, writer):
                writer.write(GET)
                assert await read_response(reader) == (200, OK)
        return answer

    answer = run(main())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {
        "message": "The request is not HTTP/1.1."
    }


def test_a_head_without_end_is_cut_short(run, control):
    async def main():
        async with control() as server:
            head = b"GET /health HTTP/1.1\r\nX-Long: " + b"x" * 100_000
            return await exchange(server.port, head)

    assert run(main()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("framing", ["Content-Length: 2000000", "Transfer-Encoding: chunked"])
def test_a_body_too_long_is_refused_before_it_is_all_there(run, control, framing):
    chunk = b"186A0\r\n" + b"x" * 100_000 + b"\r\n" if "chunked" in framing else b"x" * 100_000

    async def main():
        async with control() as server:
            head = f"PUT /principals/x HTTP/1.1\r\n{HEAD}{framing}\r\n\r\n".encode()
            return await exchange(server.port, head, *[chunk] * 12)

    assert run(main()).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_leaves_in_the_middle_disturbs_nobody(run, control):
    async def main():
        async with control() as server:
            for length in range(0, len(GET), 7):
                async with connected(server.port) as (_, writer):
                    writer.write(GET[:length])
                    await writer.drain()
                    writer.transport.abort()
            async with connected(server.port) as (reader, writer):
                writer.write(GET)
                assert await read_response(reader) == (200, OK)

    run(main())


def test_closing_ends_idle_connections_and_frees_the_port(run, control):
    async def main():
        async with control() as server:
            async with connected(server.port) as (reader, writer):
                writer.write(GET)
                await read_response(reader)
                await server.close()
                with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                    await reader.readexactly(1)
            with pytest.raises(OSError, match=r"refused|failed"):
                await asyncio.open_connection("127.0.0.1", server.port)

    run(main())


def test_closing_waits_for_what_is_being_done(run, control):
    finished = []

    async def main():
        started, go_on = asyncio.Event(), asyncio.Event()

        async def slowly(identifier):
            started.set()
            await go_on.wait()
            finished.append(identifier)

        async with control(slowly) as server, connected(server.port) as (reader, writer):
            body = b'{"deletionProtectionEnabled": false}'
            head = f"POST /cluster HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            identifier = json.loads((await read_response(reader))[1])["identifier"]
            writer.write(f"DELETE /cluster/{identifier} HTTP/1.1\r\n{HEAD}\r\n".encode())
            await started.wait()
            closing = asyncio.ensure_future(server.close())
            await asyncio.sleep(0)
            assert not finished
            go_on.set()
            await closing
            return identifier

    assert [run(main())] == finished


@asynccontextmanager
async def serving(answer, **limits):
    """A server of connections with limits of their own; `over` is set when one has ended."""
    over = asyncio.Event()

    async def serve(reader, writer):
        await Connection(reader, writer, answer, limits=Limits(**limits)).serve()
        over.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], over


async def echo(request: Request) -> Response:
    """Answer with the length of the body."""
    return Response(content={"length": len(request.body)})


def test_an_idle_connection_is_closed_without_a_word(run):
    async def main():
        async with serving(echo, idle_s=0.01) as (port, _):
            return await exchange(port)

    assert run(main()) == b""


@pytest.mark.parametrize(
    "part", [b"GET", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{"]
)
def test_a_request_that_comes_too_slowly_is_told_so(run, part):
    async def main():
        async with serving(echo, request_s=0.01) as (port, _):
            return await exchange(port, part)

    assert run(main()).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_does_not_read_is_dropped(run):
    async def much(_):
        return Response(content={"much": "x" * 20_000_000})

    async def main():
        async with (
            serving(much, request_s=0.05) as (port, over),
            connected(port) as (reader, writer),
        ):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await over.wait()
            return len(await reader.read())

    assert run(main()) < 20_000_000


def test_without_a_secret_there_is_no_endpoint(run, tmp_path):
    async def main():
        await start_control(
            Registry(tmp_path, region="us-east-1", account="111122223333"),
            baselines=Baselines(no_postgres),
            runtimes=Runtimes(DEFAULT, foreman=Foreman(), socket_of=no_postgres),
            host="127.0.0.1",
            port=0,
            secret="",
            on_cluster_deleted=lambda _: asyncio.sleep(0),
            now=lambda: 0.0,
            unknown=UnknownStatements(logged=False),
        )

    with pytest.raises(ValueError, match="needs a secret"):
        run(main())
