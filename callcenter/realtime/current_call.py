"""The call on an agent's desk: while talking, and until its result is noted."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent, Presence, Queue
from callcenter.agents.repository import number_of
from callcenter.agents.states import LineState, PersonState
from callcenter.calls import repository as calls
from callcenter.calls.models import AgentLegRow, JourneyRow
from callcenter.foundation.errors import NotFound
from callcenter.intakes import drafts
from callcenter.realtime import caller_card, rights
from callcenter.realtime.messages import CallOut, EndedOut, Step
from callcenter.work_orders import repository as orders
from callcenter.work_orders import views


async def read(session: AsyncSession, agent: Agent, presence: Presence) -> CallOut | None:
    """What the middle of the desk shows; None when the agent has no call to work on."""
    talking = presence.line in (LineState.TALKING, LineState.HOLD)
    wrapping = presence.person == PersonState.WRAP_UP and presence.line == LineState.FREE
    if presence.journey_id is None or not (talking or wrapping):
        return None
    try:
        row = await calls.get(session, presence.journey_id)
    except NotFound:
        return None
    return await _call(session, agent, presence, row)


async def _call(session: AsyncSession, agent: Agent, presence: Presence, row: JourneyRow) -> CallOut:
    mine = [leg for leg in await calls.legs_of(session, row.id) if number_of(leg.agent) == agent.number]
    draft = None
    if agent.user_id is not None:
        draft = await drafts.load(session, journey_id=row.id, user_id=agent.user_id)
    queue = await session.get(Queue, row.queue) if row.queue else None
    note = (await calls.notes_of(session, [row.id])).get(row.id)
    state = {LineState.TALKING: "talking", LineState.HOLD: "hold"}.get(LineState(presence.line), "ended")
    return CallOut.model_validate(
        {
            "journey_id": row.id,
            "state": state,
            "direction": row.direction,
            "answered_at": mine[0].from_at if mine else None,
            "queue": queue.label if queue else row.queue,
            "waited_seconds": row.waited_seconds,
            "steps": [Step(node=s.node, key=s.key) for s in await calls.steps_of(session, row.id)],
            "caller": await caller_card.read_of(session, row, reveal=await rights.sees_full_numbers(session, agent)),
            "recording": row.id in await calls.recordings_of(session, [row.id]),
            "draft": draft.form if draft else None,
            "draft_saved_at": draft.saved_at if draft else None,
            "ended": _ended(mine, row) if state == "ended" else None,
            "order": await _order(session, row.id),
            "disposition": note.disposition if note else None,
        }
    )


def _ended(mine: list[AgentLegRow], row: JourneyRow) -> EndedOut | None:
    if not mine or mine[-1].to_at is None:
        return None
    return EndedOut(
        at=mine[-1].to_at,
        by=row.hangup_by,
        talk_seconds=sum(leg.talk_seconds for leg in mine),
        hold_seconds=sum(leg.hold_seconds for leg in mine),
    )


async def _order(session: AsyncSession, journey_id: uuid.UUID) -> dict[str, object] | None:
    placed = await orders.of_journey(session, journey_id)
    if not placed:
        return None
    [brief] = await views.briefs(session, placed[-1:])
    receipt = views.receipt(placed[-1])
    shown: dict[str, object] = brief.model_dump(mode="json", by_alias=True)
    shown["receipt"] = receipt.model_dump(mode="json") if receipt else None
    return shown
