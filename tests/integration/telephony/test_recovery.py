"""Connecting is recovering: whatever happened while we were away, the picture is right again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import presence as presences
from callcenter.agents import repository as agents
from callcenter.agents.states import PersonState
from callcenter.calls.models import JourneyRow, PbxLife, QueueVisitRow
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.database import Database
from callcenter.foundation.facts import FactRow
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import link as link_module
from callcenter.telephony import picture
from callcenter.telephony.ami_client import AmiAddress, AmiClient
from callcenter.telephony.link import PbxLink
from callcenter.telephony.picture import LIFE
from tests.fakes.fake_ami import Connection, FakeAmi
from tests.integration.conftest import add_seat, new_engine, presence_of, until

WAITING = {
    "Channel": "PJSIP/trunk-00000001",
    "ChannelState": "6",
    "CallerIDNum": "13899886021",
    "CallerIDName": "王秀兰",
    "Exten": "96365",
    "Application": "Queue",
    "Uniqueid": "pbx-1795404675.1",
    "Linkedid": "pbx-1795404675.1",
    "BridgeId": "",
    "Duration": "00:01:05",
}
ENTRY = {
    "Queue": "hotline-zh",
    "Position": "1",
    "Channel": WAITING["Channel"],
    "Uniqueid": WAITING["Uniqueid"],
    "CallerIDNum": "13899886021",
    "Wait": "40",
}
STEPS = ("Login", "Getvar", "Setvar", "CoreShowChannels", "QueueStatus", "DeviceStateList", "UserEvent")


@dataclass
class Exchange:
    ami: FakeAmi
    ledger: Ledger
    clock: FrozenClock
    link: PbxLink
    job: asyncio.Task[None] | None = None
    held: Callable[[], None] | None = None
    """An answer that a test keeps back."""

    def start(self) -> None:
        self.job = asyncio.create_task(self.link.run())

    async def live(self) -> None:
        await until(lambda: self.link.status.state == "live", "the link is live")

    async def stop(self) -> None:
        if self.job is not None:
            self.job.cancel()
            await asyncio.gather(self.job, return_exceptions=True)
            self.job = None

    async def restart(self) -> None:
        """The service is killed and started again: nothing of it is left in memory."""
        await self.stop()
        self.link = PbxLink(self.ledger, new_engine(self.ledger, "pbx"), "pbx", self.link._address)
        self.start()
        await self.live()

    async def journeys(self) -> list[JourneyRow]:
        async with self.ledger.reading() as session:
            return list(await session.scalars(select(JourneyRow).order_by(JourneyRow.started_at)))


@pytest.fixture
async def exchange(ledger: Ledger, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Exchange]:
    monkeypatch.setattr(link_module, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(link_module, "MOST_WAIT", 0.02)
    clock.at = datetime.fromisoformat("2026-11-23T04:00:00+00:00")
    async with FakeAmi() as ami:
        address = AmiAddress("127.0.0.1", ami.port, "callcenter", "secret")
        link = PbxLink(ledger, new_engine(ledger, "pbx"), "pbx", lambda: address)
        made = Exchange(ami, ledger, clock, link)
        yield made
        await made.stop()


async def ready(ledger: Ledger, number: str) -> None:
    await add_seat(ledger, number, None, "hotline-zh")
    await choose(ledger, number, PersonState.READY)


async def choose(ledger: Ledger, number: str, wish: PersonState, reason: str | None = None) -> None:
    async with ledger.transaction() as tx:
        agent = await agents.by_number(tx.session, number)
        assert agent is not None
        await presences.choose(tx, agent, wish=wish, reason=reason, back_minutes=None, actor="test")


def newchannel(uniqueid: str, at: str, **changes: str) -> dict[str, str]:
    return {
        "Privilege": "call,all",
        "Timestamp": at,
        "Channel": f"PJSIP/trunk-{uniqueid[-8:]}",
        "ChannelState": "4",
        "CallerIDNum": "13899886021",
        "CallerIDName": "王秀兰",
        "Context": "from-carrier",
        "Exten": "96365",
        "Uniqueid": uniqueid,
        "Linkedid": uniqueid,
    } | changes


async def test_a_caller_who_waits_when_we_come_up_is_known_with_the_time_of_waiting(exchange: Exchange) -> None:
    exchange.ami.picture.channels, exchange.ami.picture.entries = [WAITING], [ENTRY]
    exchange.start()
    await exchange.live()
    [row] = await exchange.journeys()
    assert (row.number, row.direction, row.state, row.ended_at) == ("+8613899886021", "inbound", "queued", None)
    assert row.started_at == exchange.clock.now() - timedelta(seconds=65)
    async with exchange.ledger.reading() as session:
        [visit] = await session.scalars(select(QueueVisitRow))
    assert visit.queue == "hotline-zh"
    assert abs(visit.joined_at - (exchange.clock.now() - timedelta(seconds=40))) < timedelta(milliseconds=1)


async def test_a_caller_who_went_while_we_were_away_is_ended_and_marked_as_estimated(exchange: Exchange) -> None:
    exchange.ami.picture.channels, exchange.ami.picture.entries = [WAITING], [ENTRY]
    exchange.start()
    await exchange.live()
    exchange.ami.picture.channels, exchange.ami.picture.entries = [], []
    exchange.clock.advance(timedelta(seconds=30))
    exchange.ami.connection.cut()
    await until(lambda: len(exchange.ami.connections) == 2, "a second link")
    await exchange.live()
    [row] = await exchange.journeys()
    assert (row.ended_at, row.estimated, row.outcome) == (exchange.clock.now(), True, "abandoned")
    assert row.memory is None
    assert exchange.link.status.repairs == 2, "one found, one ended"


async def test_the_same_after_the_service_was_killed(exchange: Exchange) -> None:
    exchange.ami.picture.channels, exchange.ami.picture.entries = [WAITING], [ENTRY]
    exchange.start()
    await exchange.live()
    await exchange.restart()
    [row] = await exchange.journeys()
    assert (row.state, row.ended_at) == ("queued", None), "still waiting, still one journey"
    exchange.ami.picture.channels, exchange.ami.picture.entries = [], []
    exchange.clock.advance(timedelta(seconds=30))
    await exchange.restart()
    [row] = await exchange.journeys()
    assert (row.outcome, row.estimated) == ("abandoned", True)


async def test_the_pbx_is_never_waited_for_inside_a_transaction(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing: list[str] = []
    held = 0
    begin = Database.write

    @asynccontextmanager
    async def counted(database: Database) -> AsyncIterator[AsyncSession]:
        nonlocal held
        async with begin(database) as session:
            held += 1
            try:
                yield session
            finally:
                held -= 1

    def told(connection: Connection, action: dict[str, str]) -> None:
        if held:
            writing.append(action["Action"])
        exchange.ami.picture.variables[action["Variable"]] = action["Value"]
        connection.answer(action)

    monkeypatch.setattr(Database, "write", counted)
    exchange.ami.reactions["Setvar"] = told
    exchange.start()
    await exchange.live()
    assert exchange.ami.sent("Setvar")
    assert writing == []


async def test_a_life_that_is_known_is_not_written_again(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange.start()
    await exchange.live()
    await exchange.stop()
    client = AmiClient(exchange.link._address(), lambda message: None)  # type: ignore[arg-type]
    await client.connect()
    written: list[int] = []
    begin = Database.write

    @asynccontextmanager
    async def counted(database: Database) -> AsyncIterator[AsyncSession]:
        written.append(1)
        async with begin(database) as session:
            yield session

    monkeypatch.setattr(Database, "write", counted)
    new_life = await picture.take_life(client, exchange.ledger, "pbx")
    client.close()
    assert (new_life, written) == (False, [])


async def test_a_new_life_of_the_pbx_is_known_by_its_missing_mark(exchange: Exchange) -> None:
    exchange.start()
    await exchange.live()
    first = exchange.ami.picture.variables[LIFE]
    async with exchange.ledger.reading() as session:
        [life] = await session.scalars(select(PbxLife))
    assert life.token == first
    exchange.ami.connection.cut()
    await until(lambda: len(exchange.ami.connections) == 2, "a second link")
    await exchange.live()
    assert exchange.ami.picture.variables[LIFE] == first, "the same life keeps its mark"
    assert len(exchange.ami.sent("Setvar")) == 1
    exchange.ami.picture.variables.clear()
    exchange.ami.connection.cut()
    await until(lambda: exchange.ami.picture.variables.get(LIFE), "a new mark")
    await exchange.live()
    assert exchange.ami.picture.variables[LIFE] != first


async def test_the_last_call_of_a_life_ends_with_it_though_the_link_was_lost_again_at_once(
    exchange: Exchange,
) -> None:
    exchange.start()
    await exchange.live()
    born = f"{(exchange.clock.now() - timedelta(seconds=1)).timestamp():.6f}"
    exchange.ami.connection.event("Newchannel", **newchannel("pbx-1795409990.7", born))

    async def known() -> bool:
        return bool(await exchange.journeys())

    await until(known, "the call")
    exchange.ami.picture.variables.clear()
    exchange.ami.cut_at = "QueueStatus"
    exchange.ami.connection.cut()
    await until(lambda: len(exchange.ami.connections) == 3, "a third link")
    await exchange.live()
    [row] = await exchange.journeys()
    assert row.ended_at is not None, "no line of an earlier life goes on, however young"


async def test_members_are_made_as_we_want_them_with_one_command_each(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    await ready(exchange.ledger, "1002")
    await choose(exchange.ledger, "1002", PersonState.PAUSED, "meal")
    stranger = {"Queue": "hotline-zh", "Name": "1009", "Location": "PJSIP/1009", "Penalty": "0", "Paused": "0"}
    exchange.ami.picture.members["hotline-zh", "PJSIP/1009"] = stranger
    exchange.start()
    await exchange.live()
    members = exchange.ami.picture.members
    await until(lambda: sorted(k[1] for k in members) == ["PJSIP/1001", "PJSIP/1002"], "the two and no stranger")
    assert members["hotline-zh", "PJSIP/1001"]["Paused"] == "0"
    away = members["hotline-zh", "PJSIP/1002"]
    assert (away["Paused"], away["PausedReason"], away["Name"]) == ("1", "meal", "1002")
    await choose(exchange.ledger, "1001", PersonState.PAUSED, "rest")
    exchange.link.members.wake()
    await until(lambda: members["hotline-zh", "PJSIP/1001"]["PausedReason"] == "rest", "the pause")
    await choose(exchange.ledger, "1001", PersonState.OFFLINE)
    exchange.link.members.wake()
    await until(lambda: ("hotline-zh", "PJSIP/1001") not in members, "the removal")
    counts = {name: len(exchange.ami.sent(name)) for name in ("QueueAdd", "QueuePause", "QueueRemove")}
    assert counts == {"QueueAdd": 2, "QueuePause": 1, "QueueRemove": 2}


async def test_a_member_that_somebody_unpaused_on_the_pbx_is_paused_again(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    await choose(exchange.ledger, "1001", PersonState.PAUSED, "meal")
    exchange.start()
    await exchange.live()
    key = ("hotline-zh", "PJSIP/1001")
    await until(lambda: key in exchange.ami.picture.members, "the member")
    exchange.ami.picture.members[key] |= {"Paused": "0", "PausedReason": ""}
    exchange.ami._tell_member(exchange.ami.connection, "QueueMemberPause", key)
    await until(lambda: exchange.ami.picture.members[key]["Paused"] == "1", "the pause is back")


async def test_a_command_that_the_pbx_refuses_is_counted_and_shown(exchange: Exchange) -> None:
    exchange.ami.reactions["QueueAdd"] = lambda connection, action: connection.answer(action, "Error", Message="no")
    await ready(exchange.ledger, "1001")
    exchange.start()
    await exchange.live()
    await until(lambda: exchange.link.members.disagreements, "the refusal is counted")


async def test_a_telephone_that_is_gone_is_shown_as_gone(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    exchange.ami.picture.devices = [{"Device": "PJSIP/1001", "State": "NOT_INUSE"}]
    exchange.start()
    await exchange.live()
    assert (await presence_of(exchange.ledger, "1001")).phone_registered
    exchange.ami.connection.event("DeviceStateChange", Device="PJSIP/1001", State="UNAVAILABLE")

    async def gone() -> bool:
        return not (await presence_of(exchange.ledger, "1001")).phone_registered

    await until(gone, "the telephone is shown as gone")


async def test_live_calls_become_journeys(exchange: Exchange) -> None:
    exchange.start()
    await exchange.live()
    exchange.ami.connection.event("Newchannel", **newchannel("pbx-1795406400.7", "1795406400.1"))

    async def known() -> list[JourneyRow]:
        return await exchange.journeys()

    [row] = await until(known, "a journey")
    assert (row.linkedid, row.number, row.caller_name) == ("pbx-1795406400.7", "+8613899886021", "王秀兰")


async def test_a_call_that_comes_during_recovery_is_taken_once(exchange: Exchange) -> None:
    """It stands in the list and in the event stream; it is one journey."""
    shown = {**WAITING, "Application": "Playback", "Duration": "00:00:00"}

    def list_and_event(connection: Any, action: dict[str, str]) -> None:
        connection.event("Newchannel", **newchannel(WAITING["Uniqueid"], "1795406399.9", Channel=WAITING["Channel"]))
        connection.listing(action, "CoreShowChannels", [("CoreShowChannel", shown)])

    exchange.ami.reactions["CoreShowChannels"] = list_and_event
    exchange.start()
    await exchange.live()
    [row] = await exchange.journeys()
    assert (row.linkedid, row.ended_at) == (WAITING["Uniqueid"], None)
    async with exchange.ledger.reading() as session:
        started = list(await session.scalars(select(FactRow).where(FactRow.type == "call.journey_started")))
    assert len(started) == 1


@pytest.mark.parametrize("step", STEPS)
async def test_cut_at_any_step_of_the_recovery_it_recovers_again_to_the_same_picture(
    exchange: Exchange, step: str
) -> None:
    await ready(exchange.ledger, "1001")
    exchange.ami.picture.channels, exchange.ami.picture.entries = [WAITING], [ENTRY]
    exchange.ami.cut_at = step
    exchange.start()
    await exchange.live()
    assert len(exchange.ami.connections) == 2
    [row] = await exchange.journeys()
    assert (row.state, row.number) == ("queued", "+8613899886021")
    await until(lambda: ("hotline-zh", "PJSIP/1001") in exchange.ami.picture.members, "the member")
    assert len(exchange.ami.sent("QueueAdd")) == 1
    async with exchange.ledger.reading() as session:
        started = list(await session.scalars(select(FactRow).where(FactRow.type == "call.journey_started")))
        [life] = await session.scalars(select(PbxLife))
    assert len(started) == 1
    assert life.token == exchange.ami.picture.variables[LIFE]


async def test_a_member_command_cut_in_its_middle_is_decided_by_what_the_pbx_then_shows(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    exchange.ami.cut_at = "QueueAdd"
    exchange.start()
    key = ("hotline-zh", "PJSIP/1001")
    await until(lambda: key in exchange.ami.picture.members, "the member, on the second link")
    assert len(exchange.ami.connections) == 2
    assert len(exchange.ami.sent("QueueAdd")) == 2


async def test_what_the_pbx_says_while_the_database_is_away_is_written_when_it_is_back(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.integration.calls.test_lost_database import Faulty

    exchange.start()
    await exchange.live()
    faulty = Faulty(exchange.ledger.database)
    monkeypatch.setattr(exchange.ledger.database, "write_in_one_go", faulty.write)
    faulty.failing = "begin"
    for n in range(3):
        exchange.ami.connection.event("Newchannel", **newchannel(f"pbx-179540640{n}.{n}", f"179540640{n}.1"))
        exchange.ami.connection.event(
            "Hangup", Timestamp=f"179540640{n}.9", Uniqueid=f"pbx-179540640{n}.{n}", Linkedid=f"pbx-179540640{n}.{n}"
        )
    await until(lambda: exchange.link._engine.unsaved > 0, "something could not be written")
    assert await exchange.journeys() == []
    faulty.failing = ""

    async def written() -> bool:
        return len(await exchange.journeys()) == 3

    await until(written, "all three calls")
    assert len(exchange.ami.connections) == 1, "the link was never given up"
    assert [row.ended_at is not None for row in await exchange.journeys()] == [True] * 3


async def test_a_telephone_that_goes_while_the_database_is_away_is_shown_as_gone_when_it_is_back(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ready(exchange.ledger, "1001")
    exchange.ami.picture.devices = [{"Device": "PJSIP/1001", "State": "NOT_INUSE"}]
    exchange.start()
    await exchange.live()
    assert (await presence_of(exchange.ledger, "1001")).phone_registered
    tries: list[int] = []
    begin = Database.write

    @asynccontextmanager
    async def away_at_first(database: Database) -> AsyncIterator[AsyncSession]:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("BEGIN", {}, Exception("the database is away"))
        async with begin(database) as session:
            yield session

    monkeypatch.setattr(Database, "write", away_at_first)
    exchange.ami.connection.event("DeviceStateChange", Device="PJSIP/1001", State="UNAVAILABLE")

    async def gone() -> bool:
        return not (await presence_of(exchange.ledger, "1001")).phone_registered

    await until(gone, "the telephone is shown as gone, before any sweep")
    assert exchange.link.status.sweeps == 0


async def test_a_database_that_is_away_at_the_start_is_waited_for(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, tries = exchange.link._engine.load, []

    async def failing_once() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the database is away")
        await load()

    monkeypatch.setattr(exchange.link._engine, "load", failing_once)
    exchange.start()
    await exchange.live()
    assert len(tries) == 2
