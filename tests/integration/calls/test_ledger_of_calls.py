"""What the PBX said becomes rows: the same rows however often it says it, and wherever we are killed meanwhile."""

from itertools import chain
from typing import Any

import pytest
from sqlalchemy import func, select

from callcenter.calls import repository
from callcenter.calls.engine import LATE
from callcenter.calls.events import LineEvent
from callcenter.calls.journeys import Journey
from callcenter.calls.ledger_json import journey_json
from callcenter.calls.machine import is_contact
from callcenter.calls.models import JourneyRow, RecordingRow, ScreenPopRow
from callcenter.calls.states import CallState
from callcenter.foundation import facts
from callcenter.foundation.facts import FactRow
from callcenter.foundation.transactions import Ledger
from callcenter.tasks.models import Task
from callcenter.telephony.ami_events import translate
from tests.integration.conftest import add_seat, feed, new_engine
from tests.recorded_calls import NAMES, messages, run

SHOWN_BY_REPLAY = {CallState.MERGED, CallState.DISCARDED}


def stream(name: str) -> list[LineEvent]:
    """The recording as the PBX of its own name."""
    return [event for message in messages(name) if (event := translate(message, name))]


def whole(journey: Journey) -> dict[str, Any]:
    """All that a journey tells, holds included."""
    holds = [(hold.agent, hold.from_at, hold.to_at) for hold in journey.holds]
    rings = [(a.line, a.member_name, a.queue) for a in journey.attempts]
    steps = [step.at for step in journey.ivr_steps]
    return journey_json(journey) | {
        "state": journey.state,
        "caller_name": journey.caller_name,
        "holds": holds,
        "rings": rings,
        "step_times": steps,
        "consult_times": [(c.from_at, c.to_at) for c in journey.consults],
        "transfer_times": [t.at for t in journey.transfers],
        "estimated": journey.estimated,
    }


def replayed(name: str) -> list[dict[str, Any]]:
    found = run(stream(name)).journeys.values()
    kept = [journey for journey in found if is_contact(journey) and journey.state not in SHOWN_BY_REPLAY]
    return sorted((whole(journey) for journey in kept), key=lambda one: one["linkedid"])


async def written(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    async with ledger.reading() as session:
        rows = await session.scalars(
            select(JourneyRow).where(JourneyRow.pbx == name, JourneyRow.state.not_in(SHOWN_BY_REPLAY))
        )
        found = [whole(await repository.read_journey(session, row)) for row in rows]
    return sorted(found, key=lambda one: one["linkedid"])


async def staff(ledger: Ledger) -> None:
    for number in ("1001", "1002", "1003"):
        await add_seat(ledger, number, None, "hotline-zh")


async def check_all(ledger: Ledger) -> None:
    """The ledger holds what the replays print, for every recording."""
    different = [name for name in NAMES if await written(ledger, name) != replayed(name)]
    for name in different[:1]:
        assert await written(ledger, name) == replayed(name)
    assert different == []


async def check_books(ledger: Ledger) -> None:
    """Facts without gaps, one outcome a journey, one lost caller at most, no pop left on a screen."""
    async with ledger.reading() as session:
        positions = list(await session.scalars(select(FactRow.position).order_by(FactRow.position)))
        ended = list(await session.scalars(select(JourneyRow).where(JourneyRow.ended_at.is_not(None))))
        tasks = list(await session.scalars(select(Task.journey_id)))
        pops = list(await session.scalars(select(ScreenPopRow)))
        doubles = await session.scalar(
            select(func.count())
            .select_from(RecordingRow)
            .group_by(RecordingRow.journey_id, RecordingRow.uniqueid, RecordingRow.kind)
            .having(func.count() > 1)
        )
    assert positions == list(range(1, len(positions) + 1))
    for row in ended:
        if row.state == CallState.ENDED and row.direction != "internal":
            assert row.outcome is not None, row.linkedid
        assert row.memory is None, "what is over needs no memory"
    assert len(tasks) == len(set(tasks))
    over = {row.id for row in ended}
    assert all(pop.withdrawn_at and pop.cause for pop in pops if pop.journey_id in over)
    assert doubles is None


@pytest.mark.parametrize("doubled", [False, True], ids=["once", "every-event-twice"])
async def test_the_ledger_holds_what_a_replay_prints(ledger: Ledger, doubled: bool) -> None:
    await staff(ledger)
    for name in NAMES:
        events = stream(name)
        said = chain.from_iterable((event, event) for event in events) if doubled else events
        await feed(new_engine(ledger, name), said)
    await check_all(ledger)
    await check_books(ledger)


BEGUN_LATE = {"internal-call", "callback-unanswered"}
"""Only after some milliseconds do these calls turn out to be contacts. A kill within them leaves no memory of the
first line; recovery then reads it from the PBX (tests/integration/telephony)."""


async def test_the_service_may_be_killed_after_every_few_events(ledger: Ledger) -> None:
    await staff(ledger)
    for n, name in enumerate(NAMES):
        events, step = stream(name), 1000 if name in BEGUN_LATE else 5 + n % 7
        for start in range(0, len(events), step):
            engine = new_engine(ledger, name)
            await engine.load()
            await feed(engine, [e for event in events[start : start + step] for e in (event, event)])
    await check_all(ledger)
    await check_books(ledger)


@pytest.mark.parametrize("name", ["hold-unhold", "attended-transfer-ami", "agent-no-answer-then-other"])
async def test_killed_between_any_two_events_nothing_differs(ledger: Ledger, name: str) -> None:
    await staff(ledger)
    for event in stream(name):
        engine = new_engine(ledger, name)
        await engine.load()
        await engine.take([event])
    assert await written(ledger, name) == replayed(name)
    await check_books(ledger)


async def test_facts_about_a_call_are_told_once_and_in_order(ledger: Ledger) -> None:
    await staff(ledger)
    events = stream("normal-agent-hangs-up")
    await feed(new_engine(ledger, "normal-agent-hangs-up"), [e for event in events for e in (event, event)])
    async with ledger.reading() as session:
        told = [r.fact.type for r in await facts.read_since(session, 0) if r.fact.type.startswith("call.")]
    assert len(told) == len(set(told))
    order = [
        "call.journey_started",
        "call.caller_queued",
        "call.agent_ringing",
        "call.ring_ended",
        "call.agent_leg_started",
        "call.agent_leg_ended",
        "call.journey_ended",
    ]
    assert [one for one in told if one in order] == order


async def test_no_full_number_stands_in_the_facts(ledger: Ledger) -> None:
    for name in NAMES:
        await feed(new_engine(ledger, name), stream(name))
    async with ledger.reading() as session:
        everything = [row.data for row in await session.scalars(select(FactRow))]
    assert everything
    assert "13900000001" not in repr(everything)


async def test_late_news_that_corrects_the_begin_says_so(ledger: Ledger) -> None:
    await staff(ledger)
    engine, (_, born, *rest) = new_engine(ledger, "normal-agent-hangs-up"), stream("normal-agent-hangs-up")
    await engine.take(rest[:20])
    await engine.take([born, *rest[20:]])
    async with ledger.reading() as session:
        told = [r.fact for r in await facts.read_since(session, 0) if r.fact.type == "call.journey_started"]
    assert [(fact.pbx_at == born.at, LATE in fact.data) for fact in told] == [(False, False), (True, True)]
