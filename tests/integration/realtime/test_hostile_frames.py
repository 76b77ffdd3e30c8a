"""No frame takes the desk down: a clear error or a close code, and the next page finds everything as it was."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from callcenter.auth.permissions import Role
from callcenter.cli.serving import SERVER
from callcenter.realtime.hub import MOST_WAITING, Client
from tests.hostile.frames import BAD, FLOODS, RAW, Desk, send_frames
from tests.integration.conftest import Service, until


@pytest.fixture
async def address(service: Service) -> AsyncIterator[str]:
    """The service behind the web server that `callcenter serve` starts, with its very limits."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        free.listen()
        server = uvicorn.Server(uvicorn.Config(service.app, lifespan="off", **SERVER))
        serving = asyncio.create_task(server.serve(sockets=[free]))
        await until(lambda: server.started, "the web server")
        yield f"127.0.0.1:{free.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_whatever_frames_come_the_desk_goes_on(
    service: Service, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await service.signed_in("gulnar", Role.AGENT, seat="1001")
    waiting: list[int] = []
    put = Client.put

    def watched(client: Client, text: str) -> None:
        put(client, text)
        waiting.append(client.waiting)

    monkeypatch.setattr(Client, "put", watched)
    tried = await send_frames(Desk(address, f"cc_session={browser.cookies['cc_session']}"), 1)
    assert tried.complaints == []
    assert tried.cases.total() == len(BAD) + len(FLOODS) + len(RAW)
    assert max(waiting) <= MOST_WAITING
    await until(lambda: len(service.app.state.desks.hub) == 0, "none of them is left in the hub")
