"""What an agent may choose, when it takes effect, and what runs out by itself."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from callcenter.agents import presence as presences
from callcenter.agents import repository as agents
from callcenter.agents.membership import Member
from callcenter.agents.models import Agent, Presence
from callcenter.agents.states import LineState, PersonState
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.errors import Invalid, Refused
from callcenter.foundation.ids import new_id
from callcenter.foundation.timers import TimerLoop
from callcenter.foundation.transactions import Ledger, Transaction
from tests.integration.conftest import WRAP_UP, add_seat, presence_of

Act = Callable[[Transaction, Agent], Awaitable[object]]


@pytest.fixture
async def agent(ledger: Ledger) -> Agent:
    made = await add_seat(ledger, "1001", None, "hotline-zh", "hotline-ug")
    await act(ledger, lambda tx, a: presences.sign_in(tx, a, actor="user:1"))
    await act(ledger, lambda tx, a: presences.phone_seen(tx, a.interface, registered=True))
    return made


async def act(ledger: Ledger, use_case: Act) -> Presence:
    async with ledger.transaction() as tx:
        agent = await agents.by_number(tx.session, "1001")
        assert agent is not None
        await use_case(tx, agent)
    return await presence_of(ledger, "1001")


async def choose(
    ledger: Ledger, wish: PersonState, reason: str | None = None, back_minutes: int | None = None
) -> Presence:
    return await act(
        ledger,
        lambda tx, a: presences.choose(tx, a, wish=wish, reason=reason, back_minutes=back_minutes, actor="user:1"),
    )


async def line(ledger: Ledger, state: LineState) -> Presence:
    free = state is LineState.FREE
    journey, channel = (None, None) if free else (new_id(), "pbx-1.2")
    return await act(
        ledger, lambda tx, a: presences.line_changed(tx, a, state, journey_id=journey, channel_id=channel)
    )


async def run_out(ledger: Ledger) -> None:
    await TimerLoop(ledger, {presences.PRESENCE_TIMER: presences.run_out}).run_once()


async def test_signing_in_is_readiness_and_a_second_sign_in_changes_nothing(ledger: Ledger, agent: Agent) -> None:
    row = await presence_of(ledger, "1001")
    assert (row.person, row.cause) == ("ready", "signed_in")
    await choose(ledger, PersonState.PAUSED, "meal")
    again = await act(ledger, lambda tx, a: presences.sign_in(tx, a, actor="user:1"))
    assert (again.person, again.reason) == ("paused", "meal")


async def test_a_pause_needs_a_reason_we_know(ledger: Ledger, agent: Agent) -> None:
    for reason in (None, "", "tired", "rejected"):
        with pytest.raises(Invalid, match="unknown_pause_reason"):
            await choose(ledger, PersonState.PAUSED, reason)
    row = await choose(ledger, PersonState.PAUSED, "meal", back_minutes=30)
    assert (row.person, row.reason, row.until) == ("paused", "meal", row.since + timedelta(minutes=30))


async def test_nobody_chooses_wrap_up(ledger: Ledger, agent: Agent) -> None:
    with pytest.raises(Refused, match="presence_refused"):
        await choose(ledger, PersonState.WRAP_UP)


async def test_a_pause_that_is_over_waits_for_the_person(ledger: Ledger, agent: Agent, clock: FrozenClock) -> None:
    await choose(ledger, PersonState.PAUSED, "meal", back_minutes=1)
    clock.advance(timedelta(minutes=5))
    await run_out(ledger)
    assert (await presence_of(ledger, "1001")).person == "paused"


async def test_what_is_chosen_in_a_call_comes_after_it(ledger: Ledger, agent: Agent) -> None:
    await line(ledger, LineState.TALKING)
    row = await choose(ledger, PersonState.PAUSED, "meal")
    assert (row.person, row.next_person, row.next_reason) == ("ready", "paused", "meal")
    await line(ledger, LineState.FREE)
    ended = await act(
        ledger, lambda tx, a: presences.call_ended(tx, a, journey_id=new_id(), disposed=False, wrap_up=WRAP_UP)
    )
    assert (ended.person, ended.next_person) == ("wrap_up", "paused")
    done = await act(ledger, lambda tx, a: presences.end_wrap_up(tx, a, cause="disposed", actor="user:1"))
    assert (done.person, done.reason, done.next_person) == ("paused", "meal", None)


async def test_a_wish_for_afterwards_can_be_taken_back(ledger: Ledger, agent: Agent) -> None:
    await line(ledger, LineState.TALKING)
    await choose(ledger, PersonState.PAUSED, "meal")
    row = await choose(ledger, PersonState.READY)
    assert (row.person, row.next_person, row.next_reason) == ("ready", None, None)


async def test_a_rejected_call_gives_ten_seconds_of_rest(ledger: Ledger, agent: Agent, clock: FrozenClock) -> None:
    row = await act(ledger, lambda tx, a: presences.rejected(tx, a, actor="user:1"))
    assert (row.person, row.reason) == ("paused", "rejected")
    clock.advance(timedelta(seconds=9))
    await run_out(ledger)
    assert (await presence_of(ledger, "1001")).person == "paused"
    clock.advance(timedelta(seconds=1))
    await run_out(ledger)
    assert (await presence_of(ledger, "1001")).person == "ready"


async def test_an_old_timer_does_not_end_a_new_state(ledger: Ledger, agent: Agent, clock: FrozenClock) -> None:
    await act(ledger, lambda tx, a: presences.rejected(tx, a, actor="user:1"))
    await choose(ledger, PersonState.PAUSED, "meal")
    clock.advance(timedelta(minutes=1))
    await run_out(ledger)
    row = await presence_of(ledger, "1001")
    assert (row.person, row.reason) == ("paused", "meal")


async def test_more_time_is_given_in_wrap_up_only(ledger: Ledger, agent: Agent) -> None:
    with pytest.raises(Refused):
        await act(ledger, lambda tx, a: presences.extend_wrap_up(tx, a, actor="user:1"))


async def test_a_caller_in_the_wrap_up_of_another_does_not_take_its_place_by_ringing(
    ledger: Ledger, agent: Agent
) -> None:
    first = new_id()
    await act(ledger, lambda tx, a: presences.call_ended(tx, a, journey_id=first, disposed=False, wrap_up=WRAP_UP))
    ringing = await line(ledger, LineState.RINGING)
    assert (ringing.person, ringing.journey_id) == ("wrap_up", first)
    free = await line(ledger, LineState.FREE)
    assert (free.person, free.journey_id) == ("wrap_up", first)


async def test_the_pbx_is_to_have_everybody_on_duty_and_pause_whoever_is_not_ready(
    ledger: Ledger, agent: Agent
) -> None:
    async def wanted() -> list[tuple[str, bool, str]]:
        async with ledger.reading() as session:
            members: list[Member] = await agents.wanted_members(session)
        assert {member.name for member in members} <= {"1001"}
        return sorted((member.queue, member.paused, member.reason) for member in members)

    assert await wanted() == [("hotline-ug", False, ""), ("hotline-zh", False, "")]
    await choose(ledger, PersonState.PAUSED, "meal")
    assert await wanted() == [("hotline-ug", True, "meal"), ("hotline-zh", True, "meal")]
    await choose(ledger, PersonState.OFFLINE)
    assert await wanted() == []


async def test_a_lost_telephone_is_shown_but_changes_no_choice(ledger: Ledger, agent: Agent) -> None:
    row = await act(ledger, lambda tx, a: presences.phone_seen(tx, "PJSIP/1001", registered=False))
    assert (presences.describe(row)["state"], row.person) == ("lost_phone", "ready")
    await act(ledger, lambda tx, a: presences.phone_seen(tx, "PJSIP/9999", registered=True))
    await act(ledger, lambda tx, a: presences.phone_seen(tx, "Local/x@y", registered=True))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("PJSIP/1001", "1001"),
        ("PJSIP/1001-web", "1001"),
        ("PJSIP/1001-0000000c", "1001"),
        ("PJSIP/1001-web-0000000c", "1001"),
        ("PJSIP/trunk-0000000c", None),
        ("Local/1001@x", None),
        ("PJSIP/1001\n", None),
        ("PJSIP/١٠٠١", None),
        ("", None),
    ],
)
def test_which_agent_a_device_belongs_to(name: str, number: str | None) -> None:
    assert agents.number_of(name) == number


@pytest.mark.usefixtures("agent")
async def test_who_takes_a_call_in_a_pause_goes_back_to_that_pause(ledger: Ledger) -> None:
    """示忙 while it rings: afterwards the queue must not ring somebody who is away."""
    await line(ledger, LineState.RINGING)
    await choose(ledger, PersonState.PAUSED, "meal")
    await line(ledger, LineState.TALKING)
    await line(ledger, LineState.FREE)
    journey = new_id()
    await act(ledger, lambda tx, a: presences.call_ended(tx, a, journey_id=journey, disposed=False, wrap_up=WRAP_UP))
    row = await act(ledger, lambda tx, a: presences.end_wrap_up(tx, a, cause="disposed", actor="user:1"))
    assert (row.person, row.reason) == (PersonState.PAUSED, "meal")


@pytest.mark.usefixtures("agent")
async def test_going_off_duty_while_it_rings_waits_for_the_call(ledger: Ledger) -> None:
    await line(ledger, LineState.RINGING)
    assert (await choose(ledger, PersonState.OFFLINE)).person == PersonState.READY
    await line(ledger, LineState.FREE)
    assert (await act(ledger, presences.do_as_chosen)).person == PersonState.OFFLINE
