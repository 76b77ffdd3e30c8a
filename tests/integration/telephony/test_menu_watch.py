"""The watch over the voice menu, against a PBX and a menu that behave as told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from callcenter.telephony.ami_client import AmiAddress, AmiClient
from callcenter.telephony.menu_probe import Menu, probe
from callcenter.telephony.menu_watch import MISSES, SKIP_SECONDS, SKIPPED_UNTIL, MenuWatch
from ivr.backend import NoBackend
from ivr.server import IvrServer
from ivr.settings import Settings
from ivr.sounds import Sounds
from tests.fakes.fake_ami import FakeAmi

PATIENCE = 0.2
EPOCH = 1_795_000_000


@dataclass
class FakeMenu:
    """Says `line` to whoever comes; None: nothing, as a program that hangs."""

    line: bytes | None = b'SET VARIABLE "MENU_ANSWERS" "1"\n'
    port: int = 0
    heard: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(await reader.readuntil(b"\n\n"))
        if self.line is not None:
            writer.write(self.line)
            writer.close()
        else:
            await reader.read()


@asynccontextmanager
async def fake_menu() -> AsyncIterator[FakeMenu]:
    menu = FakeMenu()
    server = await asyncio.start_server(menu.serve, "127.0.0.1", 0)
    menu.port = server.sockets[0].getsockname()[1]
    async with server:
        yield menu


@pytest.fixture
async def pbx() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as ami:
        ami.picture.variables["EPOCH"] = str(EPOCH)
        yield ami


@pytest.fixture
async def link(pbx: FakeAmi) -> AsyncIterator[AmiClient]:
    client = AmiClient(AmiAddress("127.0.0.1", pbx.port, "callcenter", "secret"), lambda _: None)
    await client.connect()
    yield client
    client.close()


def channel(name: str, application: str) -> dict[str, str]:
    return {"Channel": name, "Uniqueid": f"{name}.1", "Application": application, "Exten": "s"}


async def test_a_silent_menu_is_skipped_after_two_misses_and_its_callers_come_out(
    pbx: FakeAmi, link: AmiClient
) -> None:
    pbx.picture.channels = [channel("PJSIP/trunk-1", "AGI"), channel("PJSIP/trunk-2", "Queue")]
    async with fake_menu() as menu:
        menu.line = None
        watch = MenuWatch(lambda: ("127.0.0.1", menu.port), lambda: link, answer_seconds=PATIENCE)
        for _ in range(MISSES - 1):
            await watch.look()
        assert (watch.status.state, watch.status.skipped) == (Menu.SILENT, False)
        assert pbx.sent("Setvar") == []
        await watch.look()
        assert watch.status.skipped
        assert pbx.picture.variables[SKIPPED_UNTIL] == str(EPOCH + SKIP_SECONDS)
        [moved] = pbx.sent("Redirect")
        assert (moved["Channel"], moved["Context"], moved["Exten"]) == ("PJSIP/trunk-1", "hotline", "without-menu")

        menu.line = FakeMenu.line
        await watch.look()
        assert (watch.status.state, watch.status.skipped, watch.status.taken_out) == (Menu.ANSWERS, False, 1)
        assert pbx.picture.variables[SKIPPED_UNTIL] == "0"
        told = len(pbx.sent("Setvar"))
        await watch.look()
        assert len(pbx.sent("Setvar")) == told


async def test_one_late_answer_changes_nothing(pbx: FakeAmi, link: AmiClient) -> None:
    async with fake_menu() as menu:
        watch = MenuWatch(lambda: ("127.0.0.1", menu.port), lambda: link, answer_seconds=PATIENCE)
        for line in (FakeMenu.line, None, FakeMenu.line, None, FakeMenu.line):
            menu.line = line
            await watch.look()
    assert not watch.status.skipped
    assert [set_["Value"] for set_ in pbx.sent("Setvar")] == ["0"]


async def test_what_an_earlier_service_left_behind_is_undone(pbx: FakeAmi, link: AmiClient) -> None:
    pbx.picture.variables[SKIPPED_UNTIL] = str(EPOCH + SKIP_SECONDS)
    async with fake_menu() as menu:
        await MenuWatch(lambda: ("127.0.0.1", menu.port), lambda: link, answer_seconds=PATIENCE).look()
    assert pbx.picture.variables[SKIPPED_UNTIL] == "0"


async def test_without_a_link_nobody_is_asked(pbx: FakeAmi) -> None:
    async with fake_menu() as menu:
        watch = MenuWatch(lambda: ("127.0.0.1", menu.port), lambda: None, answer_seconds=PATIENCE)
        await watch.look()
        assert (watch.status.state, menu.heard) == (Menu.UNKNOWN, [])


@pytest.mark.parametrize("line", [b"", b"\xff\xfe no AGI\n", b"x" * 200_000])
async def test_a_menu_that_speaks_something_else_is_not_taken_for_silent(line: bytes) -> None:
    async with fake_menu() as menu:
        menu.line = line
        assert await probe("127.0.0.1", menu.port, 5.0) is Menu.FULL


async def test_the_real_menu_answers_and_nobody_listening_is_gone() -> None:
    with IvrServer(Settings(port=0), Sounds({}), NoBackend()) as server:
        port = int(server.server_address[1])
        serving = asyncio.create_task(asyncio.to_thread(server.serve_forever, 0.01))
        assert await probe("127.0.0.1", port, 5.0) is Menu.ANSWERS
        server.shutdown()
        await serving
    assert await probe("127.0.0.1", port, 5.0) is Menu.GONE
