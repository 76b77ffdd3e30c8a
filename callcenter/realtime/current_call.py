"""The call on an agent's desk: while talking, and until its result is noted.

Read at each answer, each hold and each end of a call: what can be told by one statement is.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent, Presence, Queue
from callcenter.agents.repository import number_of
from callcenter.agents.states import LineState, PersonState
from callcenter.auth.models import UserRole
from callcenter.calls import repository as calls
from callcenter.calls.models import JourneyNote, JourneyRow, RecordingRow
from callcenter.foundation.statements import run, table_of
from callcenter.intakes.models import Draft
from callcenter.realtime import caller_card
from callcenter.realtime.caller_card import Contact
from callcenter.realtime.messages import CallOut, EndedOut, Step
from callcenter.realtime.rights import SEES_NUMBERS
from callcenter.work_orders import repository as orders
from callcenter.work_orders import views
from callcenter.work_orders.models import WorkOrder

_JOURNEYS, _NOTES, _QUEUES, _DRAFTS = map(table_of, (JourneyRow, JourneyNote, Queue, Draft))
_RECORDINGS, _ORDERS, _ROLES = map(table_of, (RecordingRow, WorkOrder, UserRole))
_ID = bindparam("journey_id", type_=_JOURNEYS.c.id.type)
_USER = bindparam("user_id", type_=_DRAFTS.c.user_id.type)

_CALL = (
    select(
        _JOURNEYS.c.id,
        _JOURNEYS.c.direction,
        _JOURNEYS.c.number,
        _JOURNEYS.c.caller_name,
        _JOURNEYS.c.queue,
        _JOURNEYS.c.waited_seconds,
        _JOURNEYS.c.hangup_by,
        _QUEUES.c.label,
        _NOTES.c.customer_id,
        _NOTES.c.disposition,
        _DRAFTS.c.form,
        _DRAFTS.c.saved_at,
        exists().where(_RECORDINGS.c.journey_id == _ID).label("recorded"),
        exists().where(_ORDERS.c.journey_id == _ID).label("ordered"),
        exists().where(_ROLES.c.user_id == _USER, _ROLES.c.role.in_(sorted(SEES_NUMBERS))).label("reveal"),
    )
    .select_from(_JOURNEYS)
    .outerjoin(_QUEUES, _QUEUES.c.name == _JOURNEYS.c.queue)
    .outerjoin(_NOTES, _NOTES.c.journey_id == _JOURNEYS.c.id)
    .outerjoin(_DRAFTS, and_(_DRAFTS.c.journey_id == _JOURNEYS.c.id, _DRAFTS.c.user_id == _USER))
    .where(_JOURNEYS.c.id == _ID)
)


async def read(session: AsyncSession, agent: Agent, presence: Presence) -> CallOut | None:
    """What the middle of the desk shows; None when the agent has no call to work on."""
    talking = presence.line in (LineState.TALKING, LineState.HOLD)
    wrapping = presence.person == PersonState.WRAP_UP and presence.line == LineState.FREE
    if presence.journey_id is None or not (talking or wrapping):
        return None
    rows = await run(session, _CALL, {"journey_id": presence.journey_id, "user_id": agent.user_id})
    return await _call(session, agent, presence, rows[0]) if rows else None


async def _call(session: AsyncSession, agent: Agent, presence: Presence, row: Any) -> CallOut:
    mine = [leg for leg in await calls.legs_of(session, row.id) if number_of(leg.agent) == agent.number]
    contact = Contact(row.id, row.number, row.caller_name, row.customer_id)
    state = {LineState.TALKING: "talking", LineState.HOLD: "hold"}.get(LineState(presence.line), "ended")
    return CallOut.model_validate(
        {
            "journey_id": row.id,
            "state": state,
            "direction": row.direction,
            "answered_at": mine[0].from_at if mine else None,
            "queue": row.label or row.queue,
            "waited_seconds": row.waited_seconds,
            "steps": [Step(node=s.node, key=s.key) for s in await calls.steps_of(session, row.id)],
            "caller": await caller_card.read(session, contact, reveal=row.reveal),
            "recording": row.recorded,
            "draft": row.form,
            "draft_saved_at": row.saved_at,
            "ended": _ended(mine, row.hangup_by) if state == "ended" else None,
            "order": await _order(session, row.id) if row.ordered else None,
            "disposition": row.disposition,
        }
    )


def _ended(mine: Sequence[Any], hangup_by: str | None) -> EndedOut | None:
    if not mine or mine[-1].to_at is None:
        return None
    return EndedOut(
        at=mine[-1].to_at,
        by=hangup_by,
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
