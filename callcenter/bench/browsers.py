"""Agents' browsers as far as the service can tell: a websocket each, that says hello and acknowledges pops."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callcenter.auth.dependencies import COOKIE
from callcenter.bench.errors import BenchFailed

ALIVE_SECONDS = 10.0
_POP = '{"type":"pop",'
OnPop = Callable[[str, float], None]


@asynccontextmanager
async def desks(address: tuple[str, int], cookies: Mapping[str, str], on_pop: OnPop) -> AsyncIterator[None]:
    """A desk for each seat; `on_pop(seat, monotonic seconds)` is told when a pop's frame has come."""
    host, port = address
    sockets: list[ClientConnection] = []
    jobs: list[asyncio.Task[None]] = []
    try:
        for seat, cookie in cookies.items():
            socket = await connect(
                f"ws://{host}:{port}/ws",
                origin=f"http://{host}:{port}",  # type: ignore[arg-type]  # a NewType of str
                additional_headers={"Cookie": f"{COOKIE}={cookie}"},
                compression=None,
                open_timeout=30,
            )
            sockets.append(socket)
            await socket.send('{"type":"hello"}')
            await socket.recv()  # the snapshot
            jobs.append(asyncio.create_task(_listen(seat, socket, on_pop)))
        jobs.append(asyncio.create_task(_keep_alive(sockets)))
        yield
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)


@contextmanager
def desks_beside(address: tuple[str, int], cookies: Mapping[str, str]) -> Iterator[list[str]]:
    """`desks` in a thread and loop of their own; the seats that were shown a pop, in that order."""
    pops: list[str] = []
    ready, over = threading.Event(), threading.Event()
    failure: list[BaseException] = []

    async def hold() -> None:
        async with desks(address, cookies, lambda seat, _: pops.append(seat)):
            ready.set()
            await asyncio.to_thread(over.wait)

    def work() -> None:
        try:
            asyncio.run(hold())
        except BaseException as error:  # told in the thread that waits
            failure.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        ready.wait()
        if failure:
            raise BenchFailed(f"the desks did not open: {failure[0]}")
        yield pops
    finally:
        over.set()
        thread.join()


async def _listen(seat: str, socket: ClientConnection, on_pop: OnPop) -> None:
    async for text in socket:
        at = time.perf_counter()
        if isinstance(text, str) and text.startswith(_POP):
            on_pop(seat, at)
            await socket.send(json.dumps({"type": "pop_seen", "pop_id": json.loads(text)["pop"]["id"]}))


async def _keep_alive(sockets: list[ClientConnection]) -> None:
    while True:
        for socket in sockets:  # each at a time of its own, as browsers are
            await asyncio.sleep(ALIVE_SECONDS / len(sockets))
            with contextlib.suppress(ConnectionClosed):
                await socket.send('{"type":"alive"}')
