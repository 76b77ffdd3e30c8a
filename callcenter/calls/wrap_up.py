"""Presence joined to calls: what signing in, signing out and the end of wrap-up mean. One door each."""

import uuid

from callcenter.agents import presence
from callcenter.agents import repository as agents
from callcenter.agents.models import Agent, Presence
from callcenter.agents.states import PersonState
from callcenter.calls import notes
from callcenter.foundation.facts import Fact
from callcenter.foundation.timers import TimerRow
from callcenter.foundation.transactions import Transaction


async def run_out(tx: Transaction, timer: TimerRow) -> None:
    """Timer `agent.presence_over`: a call whose wrap-up runs out has the disposition `not_given`."""
    agent = await tx.session.get(Agent, uuid.UUID(timer.subject.removeprefix("agent:")))
    if agent is not None:
        row = await presence.get(tx, agent)
        wrapping = row.person == PersonState.WRAP_UP and row.entry_seq == timer.entry_seq
        if wrapping and row.journey_id is not None:
            await notes.not_given(tx, row.journey_id)
    await presence.run_out(tx, timer)


async def choose(
    tx: Transaction, agent: Agent, *, wish: PersonState, reason: str | None, back_minutes: int | None, actor: str
) -> Presence:
    """`presence.choose`; whoever leaves wrap-up without a word leaves the disposition `not_given`."""
    row = await presence.get(tx, agent)
    wrapped = row.journey_id if row.person == PersonState.WRAP_UP else None
    chosen = await presence.choose(tx, agent, wish=wish, reason=reason, back_minutes=back_minutes, actor=actor)
    if wrapped is not None and chosen.person != PersonState.WRAP_UP:
        await notes.not_given(tx, wrapped)
    return chosen


async def signed_in(tx: Transaction, fact: Fact) -> None:
    """Whoever has a seat is on duty by signing in."""
    agent = await agents.by_user(tx.session, uuid.UUID(fact.subject.removeprefix("user:")))
    if agent is not None:
        await presence.sign_in(tx, agent, actor=fact.actor)


async def signed_out(tx: Transaction, fact: Fact) -> None:
    """Signing out ends duty; during a call, after it."""
    agent = await agents.by_user(tx.session, uuid.UUID(fact.subject.removeprefix("user:")))
    if agent is not None:
        await choose(tx, agent, wish=PersonState.OFFLINE, reason=None, back_minutes=None, actor=fact.actor)
