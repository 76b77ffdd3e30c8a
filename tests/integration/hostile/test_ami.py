"""Garbage from the PBX's side, and names that would be commands on ours."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.agents import presence as presences
from callcenter.agents import repository as agents
from callcenter.agents.models import Presence
from callcenter.agents.states import PersonState
from callcenter.calls.models import JourneyRow
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import ami_client
from callcenter.telephony import link as link_module
from callcenter.telephony.ami_client import AmiAddress, AmiClient, AmiOutcomeUnknown, AmiUnavailable
from callcenter.telephony.ami_encoding import UnsafeAction
from callcenter.telephony.link import PbxLink
from tests.fakes.fake_ami import Connection, FakeAmi, Headers, message
from tests.hostile.ami_bytes import HUGE, SPOILERS, listen, wire
from tests.hostile.names import HOSTILE_NAMES
from tests.integration.conftest import add_seat, new_engine, until
from tests.recorded_calls import messages

CALL = "normal-caller-hangs-up"
AFTER_THE_RECORDINGS = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as server:
        yield server


@pytest.fixture
async def client(ami: FakeAmi) -> AsyncIterator[AmiClient]:
    address = AmiAddress("127.0.0.1", ami.port, "callcenter", "secret")
    made = AmiClient(address, lambda _: None, answer_seconds=0.5, ping_seconds=60)
    await made.connect()
    yield made
    made.close()


async def test_no_bytes_make_the_client_raise_grow_or_go_deaf() -> None:
    tried = await listen(3, 1, random.Random(20261123))
    assert tried.complaints == []
    assert tried.cases.total() == 3 * len(SPOILERS) + len(HUGE)


async def test_what_is_said_to_the_pbx_is_one_message_or_nothing(ami: FakeAmi, client: AmiClient) -> None:
    said = 0
    for name in (
        *HOSTILE_NAMES.values(),
        *map(chr, range(0x20)),
        "\x7f",
        "\x85",
        "\u2028",
        "\ud800",
        "x\r\n\r\nAction: Originate",
    ):
        try:
            await client.send("UserEvent", {"UserEvent": "Test", "Text": name})
        except UnsafeAction:
            continue
        said += 1
        assert ami.actions[-1]["Text"] == name
        assert set(ami.actions[-1]) == {"Action", "ActionID", "Text", "UserEvent"}
    assert [action["Action"] for action in ami.actions] == ["Login", *["UserEvent"] * said]
    assert said >= len(HOSTILE_NAMES) - 2, "names in any script go through (not 4 KB, and no control character)"


async def test_a_listing_without_end_is_given_up_and_not_kept(
    ami: FakeAmi, client: AmiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(connection: Connection, action: Headers) -> None:
        connection.answer(action, EventList="start")
        for _ in range(200):
            connection.send(message({"Event": "CoreShowChannel", "ActionID": action["ActionID"], "Channel": "x"}))

    monkeypatch.setattr(ami_client, "MOST_ROWS", 100)
    ami.reactions["CoreShowChannels"] = endless
    with pytest.raises(AmiUnavailable, match="without end"):
        await client.ask_list("CoreShowChannels")
    assert (await client.send("Ping"))["Response"] == "Success"
    assert client._link is not None
    assert client._link.protocol.responses == {}


async def test_rows_that_come_too_late_are_not_collected(ami: FakeAmi, client: AmiClient) -> None:
    late: list[Headers] = []
    ami.reactions["CoreShowChannels"] = lambda connection, action: late.append(action)
    with pytest.raises(AmiOutcomeUnknown):
        await client.ask_list("CoreShowChannels")
    assert client._link is not None
    assert client._link.protocol.responses == {}, "nobody waits for it any more"
    ami.connection.answer(late[0], EventList="start")
    assert (await client.send("Ping"))["Response"] == "Success"


@pytest.mark.parametrize("kind", ["cut", "flipped bytes", "bad UTF-8", "interleaved answer", "10 MB without end"])
async def test_after_garbage_and_a_lost_link_the_next_call_is_taken_as_ever(
    ami: FakeAmi, sqlite_ledger: Ledger, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    clock.at = AFTER_THE_RECORDINGS
    monkeypatch.setattr(link_module, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(link_module, "MOST_WAIT", 0.02)
    address = AmiAddress("127.0.0.1", ami.port, "callcenter", "secret")
    link = PbxLink(sqlite_ledger, new_engine(sqlite_ledger, "pbx"), "pbx", lambda: address)
    job = asyncio.create_task(link.run())
    try:
        await until(lambda: link.status.state == "live", "the link is live")
        ami.connection.send((SPOILERS | HUGE)[kind](wire("two-at-once"), random.Random(3)))
        ami.connection.cut()
        await until(lambda: len(ami.connections) == 2 and link.status.state == "live", "it has recovered")
        ami.connection.send(wire(CALL))
        await until(lambda: _ended(sqlite_ledger, CALL), "the call has ended")
        assert await _outcomes(sqlite_ledger, CALL) == ["answered"]
        assert None not in await _outcomes(sqlite_ledger), "no journey of the garbage is left open"
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


async def _ended(ledger: Ledger, name: str) -> bool:
    found = await _outcomes(ledger, name)
    return bool(found) and None not in found


async def _outcomes(ledger: Ledger, name: str = "") -> list[Any]:
    """Of the calls of this recording, or of all."""
    wanted = {one["Linkedid"] for one in messages(name) if one["Event"] == "QueueCallerJoin"} if name else set()
    async with ledger.reading() as session:
        rows = (
            await session.scalars(select(JourneyRow).where(JourneyRow.state.not_in(("merged", "discarded"))))
        ).all()
    return [row.outcome for row in rows if not wanted or row.linkedid in wanted]


async def test_an_agent_of_whom_nothing_can_be_said_keeps_nobody_else_out(
    ami: FakeAmi, sqlite_ledger: Ledger
) -> None:
    for number, wish in (("1001", PersonState.PAUSED), ("1002", PersonState.READY)):
        await add_seat(sqlite_ledger, number, None, "hotline-zh")
        async with sqlite_ledger.transaction() as tx:
            row = await agents.by_number(tx.session, number)
            assert row is not None
            await presences.choose(tx, row, wish=PersonState.READY, reason=None, back_minutes=None, actor="test")
            presence = await tx.session.get_one(Presence, row.id)
            presence.person, presence.reason = wish, "x\r\n\r\nAction: Originate" if number == "1001" else None
    address = AmiAddress("127.0.0.1", ami.port, "callcenter", "secret")
    link = PbxLink(sqlite_ledger, new_engine(sqlite_ledger, "pbx"), "pbx", lambda: address)
    job = asyncio.create_task(link.run())
    try:
        await until(lambda: ("hotline-zh", "PJSIP/1002") in ami.picture.members, "the other agent is in the queue")
        assert ami.sent("Originate") == []
        await until(lambda: link.members.disagreements >= 1, "the odd reason is counted as refused")
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
