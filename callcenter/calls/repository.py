"""Every query about journeys, recordings and pops."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, bindparam, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.base import Executable

from callcenter.calls import journeys as j
from callcenter.calls import models as m
from callcenter.calls.states import (
    AttemptOutcome,
    CallState,
    Direction,
    HangupBy,
    Outcome,
    TransferKind,
    VisitOutcome,
)
from callcenter.foundation.errors import NotFound
from callcenter.foundation.statements import run, table_of

Query = Select[Any]
_HIDDEN = (CallState.MERGED, CallState.DISCARDED)
MOST_EARLIER = 10


async def get(session: AsyncSession, journey_id: uuid.UUID) -> m.JourneyRow:
    """One journey; `NotFound`."""
    row = await session.get(m.JourneyRow, journey_id)
    if row is None:
        raise NotFound("journey_not_found")
    return row


def _in_order(table: Table) -> Executable:
    return select(table).where(table.c.journey_id == bindparam("journey_id")).order_by(table.c.n)


_PARTS = {
    model: _in_order(table_of(model))
    for model in (
        m.IvrStepRow,
        m.QueueVisitRow,
        m.RingAttemptRow,
        m.AgentLegRow,
        m.HoldRow,
        m.ConsultRow,
        m.TransferRow,
    )
}


async def _parts(session: AsyncSession, model: Any, journey_id: uuid.UUID) -> Sequence[Any]:
    return await run(session, _PARTS[model], {"journey_id": journey_id})


async def steps_of(session: AsyncSession, journey_id: uuid.UUID) -> Sequence[Any]:
    """Rows of `IvrStepRow`, in order."""
    return await _parts(session, m.IvrStepRow, journey_id)


async def legs_of(session: AsyncSession, journey_id: uuid.UUID) -> Sequence[Any]:
    """Rows of `AgentLegRow`, in order."""
    return await _parts(session, m.AgentLegRow, journey_id)


async def who_talked(session: AsyncSession, journey_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """Journey → interfaces of the agents that talked to the caller, in order; one query for a whole page."""
    legs = m.AgentLegRow
    rows = await session.execute(
        select(legs.journey_id, legs.agent).where(legs.journey_id.in_(journey_ids)).order_by(legs.journey_id, legs.n)
    )
    found: dict[uuid.UUID, list[str]] = {}
    for journey_id, agent in rows:
        found.setdefault(journey_id, []).append(agent)
    return found


async def ids_of(session: AsyncSession, pbx: str, linkedids: Collection[str]) -> dict[str, uuid.UUID]:
    """The journeys under these names of calls."""
    names, found = sorted(linkedids), dict[str, uuid.UUID]()
    for n in range(0, len(names), 500):
        rows = await session.execute(
            select(m.JourneyRow.linkedid, m.JourneyRow.id).where(
                m.JourneyRow.pbx == pbx, m.JourneyRow.linkedid.in_(names[n : n + 500])
            )
        )
        found |= {linkedid: journey_id for linkedid, journey_id in rows}
    return found


async def read_journey(session: AsyncSession, row: m.JourneyRow) -> j.Journey:
    """The journey as the machine knew it, built from its rows."""
    return j.Journey(
        pbx=row.pbx,
        linkedid=row.linkedid,
        state=CallState(row.state),
        direction=Direction(row.direction),
        caller=row.caller,
        caller_name=row.caller_name,
        dialled=row.dialled,
        started_at=row.started_at,
        ended_at=row.ended_at,
        estimated=row.estimated,
        estimates=tuple(datetime.fromisoformat(at) for at in row.estimates or ()),
        outcome=Outcome(row.outcome) if row.outcome else None,
        hangup_by=HangupBy(row.hangup_by) if row.hangup_by else None,
        ivr_steps=tuple(j.IvrStep(s.at, s.node, s.key) for s in await steps_of(session, row.id)),
        queue_visits=tuple(
            j.QueueVisit(v.queue, v.joined_at, v.position, v.left_at, VisitOutcome(v.outcome) if v.outcome else None)
            for v in await _parts(session, m.QueueVisitRow, row.id)
        ),
        attempts=tuple(
            j.Attempt(
                line=a.line,
                channel="",
                agent=a.agent,
                member_name=a.member_name,
                queue=a.queue,
                ringing_at=a.ringing_at,
                ended_at=a.ended_at,
                outcome=AttemptOutcome(a.outcome) if a.outcome else None,
            )
            for a in await _parts(session, m.RingAttemptRow, row.id)
        ),
        agent_legs=tuple(
            j.AgentLeg(x.line, "", x.agent, x.from_at, x.to_at, x.hold_seconds)
            for x in await legs_of(session, row.id)
        ),
        holds=tuple(j.Hold(h.agent, h.from_at, h.to_at) for h in await _parts(session, m.HoldRow, row.id)),
        consults=tuple(
            j.Consult("", c.agent, c.to, c.from_at, c.to_at) for c in await _parts(session, m.ConsultRow, row.id)
        ),
        transfers=tuple(
            j.Transfer(t.at, TransferKind(t.kind), t.by, t.to, t.completed)
            for t in await _parts(session, m.TransferRow, row.id)
        ),
        begun=True,
    )


async def notes_of(session: AsyncSession, ids: list[uuid.UUID]) -> dict[uuid.UUID, m.JourneyNote]:
    rows = await session.scalars(select(m.JourneyNote).where(m.JourneyNote.journey_id.in_(ids)))
    return {row.journey_id: row for row in rows}


async def recordings_of(session: AsyncSession, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[m.RecordingRow]]:
    """A message first: who left one has seldom been talked with."""
    rows = await session.scalars(
        select(m.RecordingRow)
        .where(m.RecordingRow.journey_id.in_(ids))
        .order_by(m.RecordingRow.kind.desc(), m.RecordingRow.started_at)
    )
    found: dict[uuid.UUID, list[m.RecordingRow]] = {}
    for row in rows:
        found.setdefault(row.journey_id, []).append(row)
    return found


async def voicemail_of(session: AsyncSession, journey_id: uuid.UUID) -> m.RecordingRow | None:
    """The message that the caller left in this journey."""
    return await session.scalar(
        select(m.RecordingRow).where(m.RecordingRow.journey_id == journey_id, m.RecordingRow.kind == "voicemail")
    )


async def recording(session: AsyncSession, recording_id: str) -> m.RecordingRow:
    """`NotFound("recording_not_found")`."""
    row = await session.get(m.RecordingRow, recording_id) if recording_id.isalnum() else None
    if row is None:
        raise NotFound("recording_not_found")
    return row


async def was_with(session: AsyncSession, journey_id: uuid.UUID, agent_number: str) -> bool:
    """Whether that agent was rung by or talked in the journey."""
    legs = await session.scalars(select(m.RingAttemptRow.agent).where(m.RingAttemptRow.journey_id == journey_id))
    talks = await session.scalars(select(m.AgentLegRow.agent).where(m.AgentLegRow.journey_id == journey_id))
    return any(name.removesuffix("-web") == f"PJSIP/{agent_number}" for name in [*legs, *talks])


async def open_pop(session: AsyncSession, agent_id: uuid.UUID) -> m.ScreenPopRow | None:
    """The pop that this agent should see now."""
    return await session.scalar(
        select(m.ScreenPopRow)
        .where(m.ScreenPopRow.agent_id == agent_id, m.ScreenPopRow.withdrawn_at.is_(None))
        .order_by(m.ScreenPopRow.made_at.desc())
        .limit(1)
    )


async def unseen_pops(
    session: AsyncSession, agent_ids: Collection[uuid.UUID], young_since: datetime, now: datetime
) -> list[m.ScreenPopRow]:
    """Pops of these agents that are neither withdrawn nor acknowledged; not the young ones, they are on their way.

    A pop of the future was made before the clock was set back.
    """
    rows = await session.scalars(
        select(m.ScreenPopRow).where(
            m.ScreenPopRow.agent_id.in_(agent_ids),
            m.ScreenPopRow.withdrawn_at.is_(None),
            m.ScreenPopRow.seen_at.is_(None),
            not_(m.ScreenPopRow.made_at.between(young_since, now)),
        )
    )
    return list(rows)


async def calls_since(session: AsyncSession, number: str, since: datetime) -> int:
    """How often this number has called in since then."""
    found = await session.scalar(
        select(func.count())
        .select_from(m.JourneyRow)
        .where(
            m.JourneyRow.number == number,
            m.JourneyRow.started_at >= since,
            m.JourneyRow.direction == Direction.INBOUND,
        )
    )
    return found or 0


_JOURNEYS, _NOTES = table_of(m.JourneyRow), table_of(m.JourneyNote)
_LAST_OF_NUMBER = (
    select(_JOURNEYS.c.id, _JOURNEYS.c.started_at, _JOURNEYS.c.outcome, _NOTES.c.disposition, _NOTES.c.order_id)
    .outerjoin(_NOTES, _NOTES.c.journey_id == _JOURNEYS.c.id)
    .where(_JOURNEYS.c.number == bindparam("number"), _JOURNEYS.c.ended_at.is_not(None))
    .where(_JOURNEYS.c.state.not_in(_HIDDEN))
    .order_by(_JOURNEYS.c.started_at.desc())
    .limit(MOST_EARLIER)
)


async def last_of_number(session: AsyncSession, number: str) -> Sequence[Any]:
    """The last `MOST_EARLIER` ended journeys of a number, newest first: id, started_at, outcome, and of its notes
    disposition, order_id."""
    return await run(session, _LAST_OF_NUMBER, {"number": number})


async def newest_since(session: AsyncSession, number: str | None, since: datetime) -> m.JourneyRow | None:
    """The newest journey of a number (None: withheld) that began at or after `since`."""
    return await session.scalar(
        select(m.JourneyRow)
        .where(m.JourneyRow.number == number if number else m.JourneyRow.number.is_(None))
        .where(m.JourneyRow.started_at >= since, m.JourneyRow.state.not_in(_HIDDEN))
        .order_by(m.JourneyRow.started_at.desc())
        .limit(1)
    )


async def channel_of_line(session: AsyncSession, journey_id: uuid.UUID, line: str) -> str | None:
    """The name of an agent's channel, by the unique id of its line."""
    found: str | None = await session.scalar(
        select(m.ScreenPopRow.channel).where(m.ScreenPopRow.journey_id == journey_id, m.ScreenPopRow.line == line)
    )
    return found
