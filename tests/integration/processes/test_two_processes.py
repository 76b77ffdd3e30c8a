"""Two processes of the service: one owns the exchange, both show and command; the owner dies or freezes."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from callcenter.calls.models import JourneyRow
from callcenter.foundation.facts import FactRow
from callcenter.foundation.leases import LeaseRow
from callcenter.telephony.ami_client import READING
from tests.fakes.fake_ami import Connection
from tests.integration.conftest import until as until_soon
from tests.integration.processes.conftest import SEAT, Centre, Process, sign_in
from tests.integration.telephony.test_recovery import ENTRY, WAITING
from tests.recorded_calls import messages
from tests.redis_server import running_redis

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(300)]
MEMBER = ("hotline-zh", f"PJSIP/{SEAT}")
Frame = dict[str, Any]


async def until(condition: Callable[[], Any], what: str) -> Any:
    """Processes need their time on a busy machine; how fast they are is measured by `make prove`."""
    return await until_soon(condition, what, 60.0)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with running_redis() as server:
        yield server.url


@asynccontextmanager
async def desk(process: Process, client: httpx.AsyncClient) -> AsyncIterator[list[Frame]]:
    """The frames of an open desk at that process."""
    frames: list[Frame] = []

    async def read() -> None:
        try:
            async for text in socket:
                frames.append(json.loads(text))
        except ConnectionClosed:
            return

    cookie = {"Cookie": f"cc_session={client.cookies['cc_session']}"}
    address = process.url.replace("http", "ws") + "/ws"
    async with connect(address, origin=process.url, additional_headers=cookie, proxy=None) as socket:  # type: ignore[arg-type]
        reading = asyncio.create_task(read())
        await socket.send(json.dumps({"type": "hello", "since": None, "tab": "t"}))
        await until(lambda: named(frames, "snapshot"), "the desk is shown")
        yield frames
        reading.cancel()


def named(frames: list[Frame], name: str) -> list[Frame]:
    return [frame for frame in frames if frame["type"] == name]


def tell(link: Connection, name: str, until_event: str = "") -> None:
    """A recorded call, as the exchange says it on that link, up to an event."""
    for message in messages(name):
        if message["Event"] == until_event:
            return
        link.event(message["Event"], **{k: v for k, v in message.items() if isinstance(v, str) and k != "Event"})


async def test_a_desk_at_the_other_process_sees_the_ring_and_commands_it(centre: Centre, redis_url: str) -> None:
    """Wake-ups by Redis; the rest of the tests has NOTIFY."""
    owner, other = await centre.pair(CALLCENTER_BUS="redis", CALLCENTER_REDIS_URL=redis_url)
    [link] = centre.live_links()
    told = [await process.health() for process in (owner, other)]
    assert told[0]["ami"]["owner"] == told[1]["ami"]["owner"]
    assert told[1]["ami"]["state"] == "live"
    client = await sign_in(other)
    await until(lambda: MEMBER in centre.ami.picture.members, "signing in there makes a member here")
    # Also when it is compared with what the exchange shows, this call is there.
    centre.ami.picture.channels = [
        {**WAITING, "Channel": "PJSIP/trunk-0000000b", "Uniqueid": "a-1795404675.19", "Linkedid": "a-1795404675.19"},
        {**WAITING, "Channel": "PJSIP/1001-0000000c", "Uniqueid": "a-1795404677.20", "Linkedid": "a-1795404675.19"},
    ]
    async with desk(other, client) as frames:
        tell(link, "normal-agent-hangs-up", "DialEnd")
        await until(lambda: named(frames, "pop"), "the pop")
        assert named(frames, "pop")[0]["pop"]["caller"]["number"]["masked"] == "139****0001"
        answer = await client.post("/api/v1/desk/reject")
        assert answer.status_code == 202, answer.text
        assert [hangup["Cause"] for hangup in centre.ami.sent("Hangup")] == ["21"]
        await until(lambda: centre.ami.picture.members[MEMBER]["Paused"] == "1", "the short pause after it")

        centre.ami.reactions["Login"] = lambda connection, action: connection.answer(action, "Error")
        answer = await client.post("/api/v1/desk/answer")
        assert (answer.status_code, answer.json()["code"]) == (409, "pbx_unreachable")

        centre.ami.reactions["Hangup"] = lambda connection, action: None
        answer = await client.post("/api/v1/desk/reject")
        assert (answer.status_code, answer.json()["code"]) == (409, "pbx_outcome_unknown")
        assert len(centre.ami.sent("Hangup")) == 2, "never sent again"
    await client.aclose()


async def test_the_owner_freezes_and_wakes_then_the_next_is_killed(centre: Centre) -> None:
    first, second = await centre.pair()
    client = await sign_in(first)
    await until(lambda: MEMBER in centre.ami.picture.members, "the member")
    [old_link] = centre.live_links()
    first.signal(signal.SIGSTOP)
    try:
        await until(second.owns_live, "the other one owns the exchange")
        tenure = await lease(centre)
        new_link = next(link for link in centre.live_links() if link is not old_link)
        for link in (old_link, new_link):  # the exchange tells both
            tell(link, "abandoned-in-queue")
        await until(lambda: facts_of(centre, "call.journey_ended"), "the new owner has written the call")
        commands = len(old_link.actions)
    finally:
        first.signal(signal.SIGCONT)
    await until(lambda: old_link.writer.transport.is_closing(), "the old owner gives up its link")

    async def knows() -> bool:
        told = await first.health()
        return bool(told) and not told["ami"]["owned_here"] and bool(told["ami"]["ok"])

    await until(knows, "it knows who owns the exchange")
    assert [a["Action"] for a in old_link.actions[commands:] if a["Action"] not in READING] == []
    assert (await lease(centre)).epoch == tenure.epoch
    assert (await client.get("/api/v1/desk")).status_code == 200, "it serves on"
    await client.aclose()

    centre.ami.picture.channels, centre.ami.picture.entries = [WAITING], [ENTRY]
    second.kill()
    await until(first.owns_live, "the first one owns the exchange again")
    assert (await first.health())["open_journeys"] == 1, "the caller who waits is known"
    assert await facts_of(centre, "call.journey_started") == 2, "each call once"
    assert await facts_of(centre, "call.journey_ended") == 1
    assert await count(centre, JourneyRow) == 2


async def lease(centre: Centre) -> LeaseRow:
    async with centre.ledger.reading() as session:
        return await session.get_one(LeaseRow, "pbx:pbx")


async def count(centre: Centre, table: type[JourneyRow]) -> int:
    async with centre.ledger.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def facts_of(centre: Centre, kind: str) -> int:
    async with centre.ledger.reading() as session:
        return await session.scalar(select(func.count()).select_from(FactRow).where(FactRow.type == kind)) or 0
