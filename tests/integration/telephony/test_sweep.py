"""While the link is live nothing should be missed; what was is found by the sweep, mended, counted and kept."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from callcenter.agents import presence as presences
from callcenter.agents import repository as agents
from callcenter.agents.models import AgentQueue
from callcenter.agents.states import LineState, PersonState
from callcenter.calls import live_comparison
from callcenter.calls.models import JourneyRow, QueueVisitRow
from callcenter.foundation.clock import FrozenClock
from callcenter.telephony import intake as intake_module
from callcenter.telephony.inbox import Inbox
from callcenter.telephony.models import RepairRow
from callcenter.telephony.repair_log import FoundBy
from tests.fakes.fake_ami import Connection, Headers
from tests.integration.conftest import presence_of, until
from tests.integration.telephony.test_recovery import ENTRY, WAITING, Exchange, choose, exchange, newchannel, ready

__all__ = ["exchange"]


async def sweep(exchange: Exchange) -> None:
    client = exchange.link.client
    assert client is not None
    await exchange.link.comparison.sweep(client)


async def kept(exchange: Exchange, found_by: FoundBy = FoundBy.SWEEP) -> list[tuple[str, str]]:
    """What the database has: (kind, subject, or `journey` where it names one that exists)."""
    async with exchange.ledger.reading() as session:
        rows = await session.scalars(select(RepairRow).where(RepairRow.found_by == found_by).order_by(RepairRow.kind))
        journeys = set(await session.scalars(select(JourneyRow.id)))
        return [(row.kind, "journey" if row.journey_id in journeys else row.subject) for row in rows]


async def test_a_sweep_that_finds_nothing_asks_for_three_lists_and_writes_nothing(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    exchange.ami.picture.channels, exchange.ami.picture.entries = [WAITING], [ENTRY]
    exchange.ami.picture.devices = [{"Device": "PJSIP/1001", "State": "NOT_INUSE"}]
    exchange.start()
    await exchange.live()
    await until(lambda: ("hotline-zh", "PJSIP/1001") in exchange.ami.picture.members, "the member")
    await until(lambda: exchange.link.members.agrees([]) is False, "we know of the member")
    del exchange.ami.actions[:]
    exchange.clock.advance(timedelta(seconds=20))
    await sweep(exchange)
    asked = [a["Action"] for a in exchange.ami.actions if a["Action"] != "Ping"]
    assert asked == ["CoreShowChannels", "QueueStatus", "DeviceStateList"], "and no fence"
    assert await kept(exchange) == []
    assert (exchange.link.status.sweeps, exchange.link.status.full_sweeps) == (1, 0)
    assert exchange.link.status.last_sweep_at == exchange.clock.now()


async def test_what_only_was_on_its_way_is_no_repair(exchange: Exchange) -> None:
    """The list shows a call whose event comes with the fence."""
    exchange.start()
    await exchange.live()
    shown = {**WAITING, "ChannelState": "4", "Application": "Playback", "Duration": "00:00:00"}
    exchange.ami.picture.channels = [shown]
    exchange.ami.connection.event(
        "Newchannel", **newchannel(WAITING["Uniqueid"], "1795406399.9", Channel=WAITING["Channel"])
    )
    await sweep(exchange)
    assert await kept(exchange) == []
    await until(exchange.journeys, "the call, told by its event and not by the list")
    assert await kept(exchange) == []


@pytest.mark.parametrize("kind", ["journey_adopted", "journey_ended", "queue_visit_closed"])
async def test_a_call_that_we_had_wrong_is_mended_and_counted_once(exchange: Exchange, kind: str) -> None:
    if kind != "journey_adopted":
        exchange.ami.picture.channels, exchange.ami.picture.entries = [WAITING], [ENTRY]
    exchange.start()
    await exchange.live()
    exchange.clock.advance(timedelta(seconds=20))
    exchange.ami.picture.entries = [ENTRY] if kind == "journey_adopted" else []
    exchange.ami.picture.channels = [] if kind == "journey_ended" else [WAITING]
    for _ in range(2):
        await sweep(exchange)
        assert await kept(exchange) == [(kind, "journey")]
    assert exchange.link.status.repair_counts[f"{kind}/sweep"] == 1
    [journey] = await exchange.journeys()
    async with exchange.ledger.reading() as session:
        [visit] = await session.scalars(select(QueueVisitRow))
    if kind == "queue_visit_closed":
        assert visit.left_at == exchange.clock.now()
        assert exchange.clock.now().isoformat() in (journey.estimates or []), "and marked as a guess"


async def test_members_and_pauses_that_somebody_changed_are_put_right_and_counted(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    await ready(exchange.ledger, "1002")
    await choose(exchange.ledger, "1002", PersonState.PAUSED, "meal")
    exchange.start()
    await exchange.live()
    members = exchange.ami.picture.members
    await until(lambda: len(members) == 2, "both members")
    await until(lambda: exchange.link.members.is_settled, "the PBX is as we want it")
    exchange.link._live_since = 0.0  # long ago
    del members["hotline-zh", "PJSIP/1001"]
    members["hotline-zh", "PJSIP/1002"] |= {"Paused": "0", "PausedReason": ""}
    await sweep(exchange)
    await until(lambda: len(members) == 2 and members["hotline-zh", "PJSIP/1002"]["Paused"] == "1", "put right")

    async def both() -> bool:
        return len(await kept(exchange)) == 4

    await until(both, "kept")
    found = ("member_corrected", "hotline-zh 1001"), ("pause_corrected", "hotline-zh 1002")
    assert await kept(exchange) == sorted(found * 2), "not heard of, and not as wanted"


async def test_our_own_commands_are_no_repairs(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    exchange.start()
    await exchange.live()
    key = ("hotline-zh", "PJSIP/1001")
    await until(lambda: key in exchange.ami.picture.members, "the member")
    for reason in ("meal", "rest"):
        await choose(exchange.ledger, "1001", PersonState.PAUSED, reason)
        exchange.link.members.wake()
        await until(lambda: exchange.ami.picture.members[key]["PausedReason"] == reason, "the pause")  # noqa: B023
    await until(lambda: exchange.link.members.is_settled, "the PBX is as we want it")
    await sweep(exchange)
    assert await kept(exchange) == []
    assert await kept(exchange, FoundBy.RECOVERY) == []


async def test_what_the_pbx_said_before_our_command_took_effect_changes_nothing(exchange: Exchange) -> None:
    """A call ends: the PBX tells the member's new state, paused by nobody, while our pause is on its way."""
    await ready(exchange.ledger, "1001")
    key = ("hotline-zh", "PJSIP/1001")

    def pauses(connection: Connection, action: Headers) -> None:
        exchange.ami._tell_member(connection, "QueueMemberStatus", key)
        exchange.ami.picture.members[key] |= {"Paused": "1", "PausedReason": action["Reason"]}
        connection.answer(action)

    exchange.ami.reactions["QueuePause"] = pauses
    exchange.start()
    await exchange.live()
    await until(lambda: key in exchange.ami.picture.members, "the member")
    await choose(exchange.ledger, "1001", PersonState.PAUSED, "meal")
    exchange.link.members.wake()
    await until(lambda: exchange.ami.picture.members[key]["PausedReason"] == "meal", "the pause")
    await until(lambda: exchange.link.members.is_settled, "the PBX is as we want it")
    client, intake = exchange.link.client, exchange.link.intake
    assert client is not None
    await intake.fence(client)
    async with intake.turn:
        await intake.drain()
    await exchange.link.members.keep(client)
    exchange.ami._tell_member(exchange.ami.connection, "QueueMemberPause", key)
    await sweep(exchange)
    assert len(exchange.ami.sent("QueuePause")) == 1
    assert await kept(exchange) + await kept(exchange, FoundBy.RECOVERY) == []


async def test_a_command_that_failed_is_given_again_though_others_wake_the_keeper_all_the_time(
    exchange: Exchange,
) -> None:
    await ready(exchange.ledger, "1001")
    await ready(exchange.ledger, "1002")
    await choose(exchange.ledger, "1001", PersonState.PAUSED, "meal")
    key = ("hotline-zh", "PJSIP/1001")

    def refuses_once(connection: Connection, action: Headers) -> None:
        connection.answer(action, "Error", Message="not now")
        del exchange.ami.reactions["QueueAdd"]

    exchange.ami.reactions["QueueAdd"] = refuses_once
    exchange.start()
    await exchange.live()
    client, keeper = exchange.link.client, exchange.link.members
    assert client is not None
    busy = asyncio.create_task(keeper.run(client, every_seconds=0.2))

    async def there() -> bool:
        keeper.wake("1002")
        return key in exchange.ami.picture.members

    await until(there, "the member is there after all")
    busy.cancel()


async def test_what_a_penalty_became_is_confirmed_and_later_news_counts(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    exchange.start()
    await exchange.live()
    key, members = ("hotline-zh", "PJSIP/1001"), exchange.ami.picture.members
    await until(lambda: key in members, "the member")
    async with exchange.ledger.transaction() as tx:
        await tx.session.execute(update(AgentQueue).values(penalty=3))
    exchange.link.members.wake("1001")
    await until(lambda: members[key]["Penalty"] == "3", "the penalty")
    members[key] |= {"Paused": "1", "PausedReason": "somebody's"}
    exchange.ami._tell_member(exchange.ami.connection, "QueueMemberPause", key)
    await until(lambda: members[key]["Paused"] == "0", "the pause of a stranger is undone, before any sweep")


async def test_what_was_passed_over_counts_once_the_command_is_refused(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    key = ("hotline-zh", "PJSIP/1001")

    def is_gone_already(connection: Connection, action: Headers) -> None:
        exchange.ami._tell_member(connection, "QueueMemberRemoved", key)
        del exchange.ami.picture.members[key], exchange.ami.reactions["QueuePause"]
        exchange.held = lambda: connection.answer(action, "Error", Message="Interface not found")

    exchange.ami.reactions["QueuePause"] = is_gone_already
    exchange.start()
    await exchange.live()
    await until(lambda: key in exchange.ami.picture.members, "the member")
    await choose(exchange.ledger, "1001", PersonState.PAUSED, "meal")
    exchange.link.members.wake("1001")
    await until(lambda: exchange.held is not None, "the command has come")
    client, intake = exchange.link.client, exchange.link.intake
    assert client is not None
    assert exchange.held is not None
    await intake.fence(client)
    async with intake.turn:
        await intake.drain()
    exchange.held()
    await until(lambda: len(exchange.ami.sent("QueueAdd")) == 2, "it is added again, without waiting for a sweep")


async def test_a_telephone_and_a_line_that_were_shown_wrong(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    exchange.ami.picture.devices = [{"Device": "PJSIP/1001", "State": "NOT_INUSE"}]
    exchange.start()
    await exchange.live()
    async with exchange.ledger.transaction() as tx:
        agent = await agents.by_number(tx.session, "1001")
        assert agent is not None
        await presences.line_changed(tx, agent, LineState.TALKING, journey_id=None, channel_id="gone.1")
    exchange.ami.picture.devices = [{"Device": "PJSIP/1001", "State": "UNAVAILABLE"}]
    await sweep(exchange)
    assert (await presence_of(exchange.ledger, "1001")).line == LineState.TALKING, "too young to be wrong"
    exchange.clock.advance(timedelta(seconds=20))
    await sweep(exchange)
    presence = await presence_of(exchange.ledger, "1001")
    assert (presence.line, presence.phone_registered) == (LineState.FREE, False)
    assert await kept(exchange) == [("device_corrected", "1001"), ("presence_corrected", "1001")]


async def test_an_inbox_that_overflows_is_counted_and_followed_by_recovery(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.start()
    await exchange.live()
    exchange.link.intake.inbox._most = 3
    monkeypatch.setattr(intake_module, "Inbox", lambda: Inbox())
    async with exchange.link.intake.turn:  # nobody takes anything
        for n in range(6):
            exchange.ami.connection.event("Newchannel", **newchannel(f"pbx-179540640{n}.{n}", f"179540640{n}.1"))
        await until(lambda: exchange.link.status.overflows, "the overflow is counted")
    exchange.ami.picture.channels, exchange.ami.picture.entries = [WAITING], [ENTRY]
    await until(lambda: len(exchange.ami.connections) == 2, "a second link")
    await exchange.live()
    numbers = {row.linkedid for row in await exchange.journeys() if row.ended_at is None}
    assert numbers == {WAITING["Uniqueid"]}, "what was kept is over by the list, what was lost is there"
    assert exchange.link.status.overflows == 1


async def test_a_pbx_an_hour_ahead_is_not_late_and_makes_no_negative_times(
    exchange: Exchange, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timedelta(hours=1)
    monkeypatch.setattr(live_comparison, "SPARED_AGE", timedelta(0))

    def pong(connection: object, action: dict[str, str]) -> None:
        exchange.ami.connection.answer(action, Ping="Pong", Timestamp=f"{(clock.now() + ahead).timestamp():.6f}")

    exchange.ami.reactions["Ping"] = pong
    exchange.start()
    await exchange.live()
    said = {"Uniqueid": "pbx-1795409990.7", "Linkedid": "pbx-1795409990.7"}
    born = f"{(clock.now() + ahead).timestamp():.6f}"
    exchange.ami.connection.event("Newchannel", **newchannel("pbx-1795409990.7", born, **said))

    async def known() -> bool:
        return bool(await exchange.journeys())

    await until(known, "the call")
    status = exchange.link.status
    assert status.clock_offset_seconds == pytest.approx(-3600, abs=1)
    assert status.lag is not None
    assert status.lag[1] < 2000, "not an hour"
    assert status.as_json()["lag_ms"]["p99"] >= 0
    await sweep(exchange)  # the PBX shows no line: it ended unseen, by the PBX's own clock
    [journey] = await exchange.journeys()
    assert journey.ended_at is not None
    assert journey.ended_at >= journey.started_at, "though our own clock stands an hour before its begin"
