"""A real web server on a free port, and browsers' websockets as clients."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callcenter.realtime.broadcaster import Broadcaster
from tests.integration.conftest import Service, until

Frame = dict[str, Any]
ANSWERS = ("snapshot", "current", "no_seat")


class Tab:
    """One open page. `frames`: all it was sent, oldest first."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.frames: list[Frame] = []
        self.code: int | None = None
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                self.frames.append(json.loads(text))
        except ConnectionClosed:
            pass
        self.code = self._socket.close_code

    async def say(self, text: str | bytes | Frame) -> None:
        await self._socket.send(json.dumps(text) if isinstance(text, dict) else text)

    def named(self, name: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == name]

    async def hears(self, name: str, wanted: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """The first such frame, as soon as it is there."""
        await until(lambda: any(map(wanted, self.named(name))), f"{name}; heard {[f['type'] for f in self.frames]}")
        return next(frame for frame in self.named(name) if wanted(frame))

    async def closed(self) -> int:
        await until(lambda: self.code is not None, "the socket is closed")
        assert self.code is not None
        return self.code

    async def close(self) -> None:
        await self._socket.close()
        await self._reading


@dataclass
class Live:
    """The service as it runs: its web server, and the loops that send."""

    service: Service
    address: str
    broadcaster: Broadcaster
    tabs: list[Tab]

    async def open(self, browser: httpx.AsyncClient | None, *, origin: str | None = "") -> Tab:
        """A page's socket; `origin` "" is our own."""
        headers = {}
        if browser is not None:
            headers["Cookie"] = f"cc_session={browser.cookies['cc_session']}"
        ours = f"http://{self.address}"
        # `proxy`: the loopback must not be asked of a proxy that stands in the environment
        socket = await connect(
            f"ws://{self.address}/ws", origin=ours if origin == "" else origin, additional_headers=headers, proxy=None
        )
        tab = Tab(socket)
        self.tabs.append(tab)
        return tab

    async def desk(self, browser: httpx.AsyncClient, since: int | None = None) -> Tab:
        """A page that has said hello and has its desk."""
        tab = await self.open(browser)
        await tab.say({"type": "hello", "since": since, "tab": "t"})
        # A heartbeat may come first, while hello still reads from the database.
        await until(lambda: [f for f in tab.frames if f["type"] in ANSWERS], "an answer to hello")
        return tab


@pytest.fixture
async def live(service: Service) -> AsyncIterator[Live]:
    desks = service.app.state.desks
    broadcaster = next(
        w.__self__ for w in service.ledger._watchers if isinstance(getattr(w, "__self__", None), Broadcaster)
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        free.listen()
        port = free.getsockname()[1]
        config = uvicorn.Config(service.app, lifespan="off", log_level="critical", ws="websockets-sansio")
        server = uvicorn.Server(config)
        jobs = [
            asyncio.create_task(job)
            for job in (
                server.serve(sockets=[free]),
                broadcaster.run(),
                broadcaster.resend_pops(0.1),
                broadcaster.send_figures(0.1),
                broadcaster.beat(0.1),
            )
        ]
        await until(lambda: server.started, "the web server")
        made = Live(service, f"127.0.0.1:{port}", broadcaster, [])
        assert desks.hub is not None
        yield made
        for tab in made.tabs:
            await tab.close()
        for job in jobs[1:]:
            job.cancel()
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*jobs, return_exceptions=True)
