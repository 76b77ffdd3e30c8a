"""The one door into an agent's presence: commands of people, facts of the telephone, and time running out."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from callcenter.agents import repository, states
from callcenter.agents.events import PRESENCE_CHANGED
from callcenter.agents.models import Agent, Presence
from callcenter.agents.seat_book import AnySeat
from callcenter.agents.states import LineState, PersonState, PresenceEvent
from callcenter.foundation import timers
from callcenter.foundation.clock import iso
from callcenter.foundation.errors import Invalid, Refused
from callcenter.foundation.facts import Fact
from callcenter.foundation.timers import TimerRow
from callcenter.foundation.transactions import Transaction

PRESENCE_TIMER = "agent.presence_over"
REJECT_PAUSE = timedelta(seconds=10)
EXTENSION = timedelta(seconds=60)

_WISHES = {
    PersonState.READY: PresenceEvent.GO_READY,
    PersonState.PAUSED: PresenceEvent.GO_PAUSED,
    PersonState.OFFLINE: PresenceEvent.GO_OFFLINE,
}


async def get(tx: Transaction, agent: AnySeat) -> Presence:
    """The agent's presence row, made on first use; read and locked once in a transaction."""
    locked: dict[uuid.UUID, Presence] = tx.session.info.setdefault("presences", {})
    if agent.id not in locked:
        found = await tx.session.get(Presence, agent.id, with_for_update=True, populate_existing=True)
        locked[agent.id] = found or await _first(tx, agent)
    return locked[agent.id]


async def _first(tx: Transaction, agent: AnySeat) -> Presence:
    made = Presence(
        agent_id=agent.id,
        person=PersonState.OFFLINE,
        cause="never_signed_in",
        since=tx.now,
        entry_seq=0,
        line=LineState.FREE,
        line_since=tx.now,
        phone_registered=False,
    )
    tx.session.add(made)
    await tx.session.flush()
    return made


def describe(presence: Presence) -> dict[str, Any]:
    """Presence as screens get it (API: Presence)."""
    word = states.shown(PersonState(presence.person), LineState(presence.line), presence.phone_registered)
    on_line = presence.line != LineState.FREE
    return {
        "state": word,
        "since": iso(presence.line_since if on_line else max(presence.since, presence.line_since)),
        "cause": presence.cause,
        "reason": presence.reason,
        "until": None if on_line else iso(presence.until),
        "next": presence.next_person,
        "phone": "registered" if presence.phone_registered else "unreachable",
    }


def _tell(tx: Transaction, agent: AnySeat, presence: Presence, actor: str) -> None:
    data = {**describe(presence), "number": agent.number, "person": presence.person, "entry_seq": presence.entry_seq}
    tx.record(Fact(PRESENCE_CHANGED, f"agent:{agent.id}", data, actor=actor))


async def _enter(
    tx: Transaction,
    agent: AnySeat,
    presence: Presence,
    person: PersonState,
    *,
    cause: str,
    actor: str,
    reason: str | None = None,
    until: datetime | None = None,
) -> None:
    if _runs_out(presence):
        await timers.cancel(tx, subject=f"agent:{agent.id}", code=PRESENCE_TIMER)
    presence.person, presence.reason, presence.cause = person, reason, cause
    presence.since, presence.until = tx.now, until
    presence.entry_seq += 1
    presence.next_person = presence.next_reason = None
    if person is not PersonState.WRAP_UP and presence.line == LineState.FREE:
        presence.journey_id = None
    if until is not None and _runs_out(presence):
        await timers.arm(
            tx, subject=f"agent:{agent.id}", entry_seq=presence.entry_seq, code=PRESENCE_TIMER, due_at=until
        )
    _tell(tx, agent, presence, actor)


def _runs_out(presence: Presence) -> bool:
    """Whether the entry ends by itself: only such a one has a timer."""
    return presence.person == PersonState.WRAP_UP or presence.reason == states.REJECTED


async def choose(
    tx: Transaction,
    agent: AnySeat,
    *,
    wish: PersonState,
    reason: str | None,
    back_minutes: int | None,
    actor: str,
) -> Presence:
    """A person's command. During a call it is kept for afterwards; `Refused` where the table says no."""
    presence = await get(tx, agent)
    if wish not in _WISHES:
        raise Refused("presence_refused", state=presence.person, wish=wish)
    if wish is PersonState.PAUSED and reason not in states.PAUSE_REASONS:
        raise Invalid("unknown_pause_reason", reason=reason)
    if wish is not PersonState.PAUSED:
        reason = None
    if wish == presence.person and reason == presence.reason:
        if presence.next_person is not None:  # another mind, before the first one took effect
            presence.next_person = presence.next_reason = None
            _tell(tx, agent, presence, actor)
        return presence
    leaving = wish is PersonState.OFFLINE and presence.line != LineState.FREE
    if presence.line in (LineState.TALKING, LineState.HOLD) or leaving:
        presence.next_person, presence.next_reason = wish, reason
        _tell(tx, agent, presence, actor)
        return presence
    if states.advance(PersonState(presence.person), _WISHES[wish]) is None:
        raise Refused("presence_refused", state=presence.person, wish=wish)
    until = tx.now + timedelta(minutes=back_minutes) if back_minutes and reason else None
    await _enter(tx, agent, presence, wish, cause="by_agent", actor=actor, reason=reason, until=until)
    return presence


async def sign_in(tx: Transaction, agent: AnySeat, *, actor: str) -> None:
    """On duty by signing in; a second sign-in (another tab, another browser) changes nothing."""
    presence = await get(tx, agent)
    if presence.person == PersonState.OFFLINE:
        await _enter(tx, agent, presence, PersonState.READY, cause="signed_in", actor=actor)


async def line_changed(
    tx: Transaction, agent: AnySeat, line: LineState, *, journey_id: uuid.UUID | None, channel_id: str | None
) -> None:
    """The telephone rings, talks, holds or is free again. Never raises."""
    presence = await get(tx, agent)
    if presence.line == line and presence.channel_id == channel_id:
        return
    presence.line, presence.line_since, presence.channel_id = line, tx.now, channel_id
    wrapping = presence.person == PersonState.WRAP_UP
    if line is LineState.FREE and not wrapping:
        presence.journey_id = None
    elif journey_id is not None and not (wrapping and line is LineState.RINGING):
        presence.journey_id = journey_id
    if line is not LineState.FREE:
        presence.phone_registered = True
    _tell(tx, agent, presence, "pbx")


async def back_in_talk(tx: Transaction, agent: AnySeat) -> None:
    """A conversation begins before the wrap-up of the last one was over: its clock must not run on."""
    presence = await get(tx, agent)
    if presence.person == PersonState.WRAP_UP:
        wish, why = presence.next_person, presence.next_reason
        await _enter(tx, agent, presence, PersonState.READY, cause="call_taken", actor="pbx")
        presence.next_person, presence.next_reason = wish, why


async def do_as_chosen(tx: Transaction, agent: AnySeat) -> None:
    """The line is free and nothing is to be wrapped up: what was chosen meanwhile takes effect."""
    presence = await get(tx, agent)
    if presence.next_person is None or presence.line != LineState.FREE or presence.person == PersonState.WRAP_UP:
        return
    person, reason = PersonState(presence.next_person), presence.next_reason
    await _enter(tx, agent, presence, person, cause="by_agent", actor="pbx", reason=reason)


async def call_ended(
    tx: Transaction, agent: AnySeat, *, journey_id: uuid.UUID, disposed: bool, wrap_up: timedelta
) -> bool:
    """The agent has left a conversation: wrap up, unless its result is noted already. False if he is off duty."""
    presence = await get(tx, agent)
    following = states.advance(PersonState(presence.person), PresenceEvent.CALL_ENDED)
    if following is None:
        return False
    if presence.person == PersonState.PAUSED and presence.reason != states.REJECTED and not presence.next_person:
        # Who took a call in a pause goes back to that pause, not into the queue.
        presence.next_person, presence.next_reason = PersonState.PAUSED, presence.reason
    if not disposed:
        presence.journey_id = journey_id
        wish, why = presence.next_person, presence.next_reason
        await _enter(tx, agent, presence, following, cause="call_ended", actor="pbx", until=tx.now + wrap_up)
        presence.next_person, presence.next_reason = wish, why
        return True
    await _after_wrap_up(tx, agent, presence, cause="order_saved", actor="pbx")
    return True


async def end_wrap_up(tx: Transaction, agent: AnySeat, *, cause: str, actor: str) -> None:
    """The result of the call is noted: back to readiness, or to what was chosen meanwhile."""
    presence = await get(tx, agent)
    if states.advance(PersonState(presence.person), PresenceEvent.WRAP_UP_DONE) is not None:
        await _after_wrap_up(tx, agent, presence, cause=cause, actor=actor)


async def _after_wrap_up(tx: Transaction, agent: AnySeat, presence: Presence, *, cause: str, actor: str) -> None:
    person = PersonState(presence.next_person) if presence.next_person else PersonState.READY
    reason = presence.next_reason if person is PersonState.PAUSED else None
    if person == presence.person and not presence.next_person:
        presence.journey_id = None
        presence.cause = cause  # stays ready
        _tell(tx, agent, presence, actor)
        return
    await _enter(tx, agent, presence, person, cause=cause, actor=actor, reason=reason)


async def extend_wrap_up(tx: Transaction, agent: AnySeat, *, actor: str) -> Presence:
    """One more minute; `Refused` outside wrap-up."""
    presence = await get(tx, agent)
    if presence.person != PersonState.WRAP_UP or presence.until is None:
        raise Refused("presence_refused", state=presence.person, wish=PersonState.WRAP_UP)
    presence.until += EXTENSION
    await timers.arm(
        tx,
        subject=f"agent:{agent.id}",
        entry_seq=presence.entry_seq,
        code=PRESENCE_TIMER,
        due_at=presence.until,
    )
    _tell(tx, agent, presence, actor)
    return presence


async def rejected(tx: Transaction, agent: AnySeat, *, actor: str) -> None:
    """The agent refused a ringing call: a short pause, so that the same agent is not rung again at once."""
    presence = await get(tx, agent)
    if states.advance(PersonState(presence.person), PresenceEvent.CALL_REJECTED) is not None:
        await _enter(
            tx,
            agent,
            presence,
            PersonState.PAUSED,
            cause="call_rejected",
            actor=actor,
            reason=states.REJECTED,
            until=tx.now + REJECT_PAUSE,
        )


async def phone_seen(tx: Transaction, interface: str, *, registered: bool) -> None:
    """The PBX says whether the agent's telephone can be reached. Never raises; unknown devices are ignored."""
    agent = await repository.by_interface(tx.session, interface)
    if agent is None:
        return
    presence = await get(tx, agent)
    if presence.phone_registered != registered:
        presence.phone_registered = registered
        _tell(tx, agent, presence, "pbx")


async def run_out(tx: Transaction, timer: TimerRow) -> None:
    """Timer: wrap-up or the short pause is over, if the presence is still in the entry that armed it."""
    agent = await tx.session.get(Agent, uuid.UUID(timer.subject.removeprefix("agent:")))
    if agent is None:
        return
    presence = await get(tx, agent)
    if presence.entry_seq != timer.entry_seq:
        return
    if presence.person == PersonState.WRAP_UP:
        await end_wrap_up(tx, agent, cause="wrap_up_expired", actor="system")
    elif presence.reason == states.REJECTED:
        await _enter(tx, agent, presence, PersonState.READY, cause="pause_over", actor="system")
