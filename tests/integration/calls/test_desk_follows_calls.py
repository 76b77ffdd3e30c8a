"""Presence, screen-pops, wrap-up and dispositions follow what the PBX says about a call."""

import random
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain

import pytest
from sqlalchemy import select

from callcenter.agents import presence as presences
from callcenter.agents import repository as agents
from callcenter.agents.models import Presence
from callcenter.agents.states import LineState, PersonState
from callcenter.calls import events as ev
from callcenter.calls import notes, wrap_up
from callcenter.calls.events import LineEvent
from callcenter.calls.models import JourneyNote, JourneyRow, ScreenPopRow
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.facts import FactRow
from callcenter.foundation.timers import TimerLoop
from callcenter.foundation.transactions import Ledger
from tests.integration.calls.test_ledger_of_calls import stream
from tests.integration.conftest import WRAP_UP, add_seat, feed, new_engine, presence_of
from tests.recorded_calls import NAMES

NUMBERS = ("1001", "1002", "1003")


@pytest.fixture(autouse=True)
async def on_duty(ledger: Ledger) -> None:
    for number in NUMBERS:
        await add_seat(ledger, number, None, "hotline")
    async with ledger.transaction() as tx:
        for number in NUMBERS:
            agent = await agents.by_number(tx.session, number)
            assert agent is not None
            await presences.sign_in(tx, agent, actor="test")
            await presences.phone_seen(tx, agent.interface, registered=True)


async def play(ledger: Ledger, name: str, events: Iterable[LineEvent] | None = None) -> None:
    await feed(new_engine(ledger, name), stream(name) if events is None else events, batch=1)


async def states_of(ledger: Ledger, number: str) -> list[tuple[str, str]]:
    """What the agent's screen showed, each with its cause, from the sign-in on."""
    agent_id = (await presence_of(ledger, number)).agent_id
    async with ledger.reading() as session:
        rows = await session.scalars(
            select(FactRow)
            .where(FactRow.type == "agent.presence_changed", FactRow.subject == f"agent:{agent_id}")
            .order_by(FactRow.position)
        )
        shown = [(row.data["state"], row.data["cause"]) for row in rows]
    return [one for n, one in enumerate(shown) if n == 0 or shown[n - 1][0] != one[0]]


async def pops(ledger: Ledger) -> list[tuple[str, str | None]]:
    """(agent, why it went) of each pop, in the order of rings."""
    async with ledger.reading() as session:
        numbers = {agent.id: agent.number for agent in await agents.list_agents(session)}
        rows = await session.scalars(select(ScreenPopRow).order_by(ScreenPopRow.ringing_at))
        return [(numbers[row.agent_id], row.cause) for row in rows]


async def only_journey(ledger: Ledger) -> JourneyRow:
    async with ledger.reading() as session:
        [row] = await session.scalars(select(JourneyRow).where(JourneyRow.state != "merged"))
        return row


async def run_out(ledger: Ledger) -> None:
    """The timer loop's turn."""
    await TimerLoop(ledger, {presences.PRESENCE_TIMER: wrap_up.run_out}).run_once()


async def test_an_answered_call_rings_talks_and_is_wrapped_up(ledger: Ledger) -> None:
    await play(ledger, "normal-agent-hangs-up")
    shown = [state for state, _ in await states_of(ledger, "1001")]
    assert shown == ["lost_phone", "ready", "ringing", "talking", "ready", "wrap_up"]
    row = await presence_of(ledger, "1001")
    journey = await only_journey(ledger)
    assert (row.person, row.line, row.journey_id, row.channel_id) == ("wrap_up", "free", journey.id, None)
    assert row.until == ledger.clock.now() + WRAP_UP
    assert await pops(ledger) == [("1001", "answered")]


async def test_hold_is_shown_as_hold(ledger: Ledger) -> None:
    await play(ledger, "hold-unhold")
    shown = [state for state, _ in await states_of(ledger, "1001")]
    assert "hold" in shown
    talk = shown.index("talking")
    assert shown[talk : talk + 3] == ["talking", "hold", "talking"]


async def test_an_agent_who_does_not_answer_is_free_again_and_the_next_one_rings(ledger: Ledger) -> None:
    await play(ledger, "agent-no-answer-then-other")
    assert await pops(ledger) == [("1001", "timed_out"), ("1002", "answered")]
    first, second = await presence_of(ledger, "1001"), await presence_of(ledger, "1002")
    assert (first.person, first.line, first.journey_id) == ("ready", "free", None)
    assert (second.person, second.line) == ("wrap_up", "free")


@pytest.mark.parametrize(
    ("name", "causes"),
    [
        ("abandoned-in-queue", [("1001", "caller_gone")]),
        ("agent-busy", [("1001", "rejected"), ("1002", "answered")]),
        ("agent-rejects", [("1001", "rejected"), ("1002", "answered")]),
    ],
)
async def test_a_pop_goes_with_the_cause_that_the_agent_understands(
    ledger: Ledger, name: str, causes: list[tuple[str, str]]
) -> None:
    await play(ledger, name)
    assert await pops(ledger) == causes


async def test_when_all_ring_and_one_answers_the_others_are_told_so(ledger: Ledger) -> None:
    await play(ledger, "ring-all")
    assert sorted(await pops(ledger)) == [("1001", "answered_elsewhere"), ("1002", "answered")]


async def test_a_transferred_caller_who_hangs_up_while_it_rings_was_not_answered_elsewhere(ledger: Ledger) -> None:
    """Somebody talked with the caller before; that is not why this ring ended."""
    await play(ledger, "blind-transfer-unanswered")
    rings = await pops(ledger)
    assert rings[0] == ("1001", "answered")
    assert "answered_elsewhere" not in [cause for _, cause in rings]


async def test_after_every_recorded_call_all_telephones_are_free(ledger: Ledger, clock: FrozenClock) -> None:
    for name in NAMES:
        engine = new_engine(ledger, name)
        await feed(engine, stream(name))
        clock.advance(WRAP_UP)
        await run_out(ledger)
        for number in NUMBERS if engine.open_count == 0 else ():
            row = await presence_of(ledger, number)
            seen = (name, number, row.person, row.line, row.channel_id, row.journey_id)
            assert seen == (name, number, "ready", "free", None, None)


@pytest.mark.parametrize("seed", range(3))
async def test_news_out_of_order_leaves_no_telephone_busy_for_ever(ledger: Ledger, seed: int) -> None:
    """Neighbouring events swapped, some told again later: the desk ends as it would have."""
    mixed = random.Random(seed)
    for name in ("normal-agent-hangs-up", "agent-no-answer-then-other", "ring-all", "hold-unhold"):
        events = stream(name)
        for n in range(0, len(events) - 4, 4):
            piece = events[n : n + 4]
            mixed.shuffle(piece)
            events[n : n + 4] = piece
        again = list(chain.from_iterable((one, events[max(0, n - 3)]) for n, one in enumerate(events)))
        await play(ledger, name, again)
        for number in NUMBERS:
            row = await presence_of(ledger, number)
            assert (name, number, row.line) == (name, number, "free")


async def test_an_agent_who_answers_in_the_instant_the_caller_hangs_up_is_free_again(ledger: Ledger) -> None:
    """The device answered, but no talk came of it: no bridge was entered."""
    events = [e for e in stream("normal-agent-hangs-up") if not isinstance(e, ev.BridgeEntered | ev.BridgeLeft)]
    await play(ledger, "normal-agent-hangs-up", events)
    row = await presence_of(ledger, "1001")
    assert (row.person, row.line) == ("ready", "free")
    assert all(cause for _, cause in await pops(ledger))


async def test_the_agent_s_word_on_the_call_ends_wrap_up(ledger: Ledger) -> None:
    await play(ledger, "normal-agent-hangs-up")
    journey = await only_journey(ledger)
    async with ledger.transaction() as tx:
        await notes.dispose(tx, journey.id, code="enquiry_answered", note="问价格", actor="user:1")
    row = await presence_of(ledger, "1001")
    assert (row.person, row.cause, row.journey_id, row.until) == ("ready", "disposed", None, None)


async def test_an_order_ends_wrap_up(ledger: Ledger) -> None:
    await play(ledger, "normal-agent-hangs-up")
    journey = await only_journey(ledger)
    async with ledger.transaction() as tx:
        await notes.order_placed(tx, journey.id, journey.id, None, "user:1")
    assert (await presence_of(ledger, "1001")).cause == "order_saved"
    assert await disposition(ledger) == "order"


async def disposition(ledger: Ledger) -> str | None:
    async with ledger.reading() as session:
        [note] = await session.scalars(select(JourneyNote))
        return note.disposition


async def test_wrap_up_that_runs_out_leaves_the_word_not_given(ledger: Ledger, clock: FrozenClock) -> None:
    await play(ledger, "normal-agent-hangs-up")
    clock.advance(WRAP_UP - timedelta(seconds=1))
    await run_out(ledger)
    assert (await presence_of(ledger, "1001")).person == "wrap_up"
    clock.advance(timedelta(seconds=1))
    await run_out(ledger)
    row = await presence_of(ledger, "1001")
    assert (row.person, row.cause) == ("ready", "wrap_up_expired")
    assert await disposition(ledger) == "not_given"


async def test_a_minute_more_is_a_minute_more(ledger: Ledger, clock: FrozenClock) -> None:
    await play(ledger, "normal-agent-hangs-up")
    async with ledger.transaction() as tx:
        agent = await agents.by_number(tx.session, "1001")
        assert agent is not None
        await presences.extend_wrap_up(tx, agent, actor="user:1")
    clock.advance(WRAP_UP + timedelta(seconds=59))
    await run_out(ledger)
    assert (await presence_of(ledger, "1001")).person == "wrap_up"
    clock.advance(timedelta(seconds=1))
    await run_out(ledger)
    assert (await presence_of(ledger, "1001")).person == "ready"


async def test_a_call_disposed_while_it_lasts_has_no_wrap_up(ledger: Ledger) -> None:
    events = stream("normal-agent-hangs-up")
    engine = new_engine(ledger, "normal-agent-hangs-up")
    half = next(n for n, event in enumerate(events) if isinstance(event, ev.AgentConnected)) + 4
    await feed(engine, events[:half], batch=1)
    assert (await presence_of(ledger, "1001")).line == LineState.TALKING
    journey = await only_journey(ledger)
    async with ledger.transaction() as tx:
        await notes.order_placed(tx, journey.id, journey.id, None, "user:1")
    await feed(engine, events[half:], batch=1)
    row = await presence_of(ledger, "1001")
    assert (row.person, row.line, row.journey_id) == ("ready", "free", None)


@pytest.mark.parametrize("wish", [PersonState.READY, PersonState.PAUSED, PersonState.OFFLINE])
async def test_leaving_wrap_up_without_a_word_still_leaves_one_disposition(ledger: Ledger, wish: PersonState) -> None:
    await play(ledger, "normal-agent-hangs-up")
    async with ledger.transaction() as tx:
        agent = await agents.by_number(tx.session, "1001")
        assert agent is not None
        await wrap_up.choose(tx, agent, wish=wish, reason="rest", back_minutes=None, actor="user:1")
    assert (await presence_of(ledger, "1001")).person == wish
    assert await disposition(ledger) == "not_given"


async def test_a_second_word_is_refused_but_not_given_can_be_mended(ledger: Ledger, clock: FrozenClock) -> None:
    from callcenter.foundation.errors import Refused

    await play(ledger, "normal-agent-hangs-up")
    journey = await only_journey(ledger)
    clock.advance(WRAP_UP)
    await run_out(ledger)
    async with ledger.transaction() as tx:
        await notes.dispose(tx, journey.id, code="rework", note=None, actor="user:1")
    with pytest.raises(Refused, match="already_disposed"):
        async with ledger.transaction() as tx:
            await notes.dispose(tx, journey.id, code="out_of_scope", note=None, actor="user:1")
    assert await disposition(ledger) == "rework"


async def test_presence_has_one_row_an_agent(ledger: Ledger) -> None:
    for name in ("normal-agent-hangs-up", "hold-unhold"):
        await play(ledger, name)
    async with ledger.reading() as session:
        assert len(list(await session.scalars(select(Presence)))) == len(NUMBERS)


async def test_a_question_between_colleagues_takes_nobody_out_of_the_queue(ledger: Ledger) -> None:
    await play(ledger, "internal-call")
    for number in NUMBERS:
        row = await presence_of(ledger, number)
        assert (row.person, row.line) == ("ready", "free")
    async with ledger.reading() as session:
        assert list(await session.scalars(select(JourneyNote))) == []


async def test_a_colleague_who_was_consulted_is_free_again_at_once(ledger: Ledger) -> None:
    """While the household still talks with the first agent."""
    events = list(stream("consult-then-back"))
    for cut in range(len(events)):
        if isinstance(events[cut], ev.BridgeLeft) and events[cut].channel.startswith("PJSIP/1003"):
            break
    await play(ledger, "consult-then-back", [*events[: cut + 6]])
    first, third = await presence_of(ledger, "1001"), await presence_of(ledger, "1003")
    assert third.line == "free"
    assert first.line in ("talking", "hold")
    assert first.person == "ready"


@pytest.mark.parametrize("name", ["atxfer-cancelled", "attended-transfer-ami", "consult-then-back"])
async def test_nobody_wraps_up_while_still_speaking_about_the_call(ledger: Ledger, name: str) -> None:
    engine = new_engine(ledger, name)
    async with ledger.reading() as session:
        ids = {agent.number: agent.id for agent in await agents.list_agents(session)}
    wrapped_in_talk = []
    for event in stream(name):
        await feed(engine, [event], batch=1)
        for number in ids:
            row = await presence_of(ledger, number)
            if row.person == "wrap_up" and row.line != "free":
                wrapped_in_talk.append((number, row.line))
    assert wrapped_in_talk == []
    # Once it is over, everybody is free and has at most one wrap-up left.
    for number in ids:
        assert (await presence_of(ledger, number)).line == "free"
