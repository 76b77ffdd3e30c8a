"""The list of journeys: which there are, newest first, and what a row shows. A few queries a page, all by index."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from callcenter.agents import repository as agents
from callcenter.agents.models import Agent
from callcenter.calls import models as m
from callcenter.calls import repository
from callcenter.calls.schemas import AgentOut, JourneyListRow
from callcenter.calls.states import CallState, Direction
from callcenter.customers import repository as customers
from callcenter.customers.models import Customer
from callcenter.customers.schemas import NamedOut, NumberOut
from callcenter.foundation import paging
from callcenter.foundation.phone_numbers import normalise
from callcenter.foundation.web import without_controls

PAGE = 50
MOST_CHARACTERS = 60
NUMBER_END = 4
FEW_HOUSEHOLDS = 500
"""Up to so many of a name, their calls are read and sorted. Of more, the newest calls are looked through."""
_HIDDEN = (CallState.MERGED, CallState.DISCARDED)

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class JourneyFilter:
    """`agent` limits to journeys with a ring at or a leg of that agent's number; `text` finds a number, the end of
    one (four digits or more), or the begin of a household's name."""

    text: str | None = None
    outcome: str | None = None
    agent: str | None = None


async def page(
    session: AsyncSession, wanted: JourneyFilter, cursor: str | None, *, area_code: str = "0991"
) -> tuple[list[JourneyListRow], str | None]:
    """The newest first, and the cursor of the next page. `Invalid("invalid_cursor")`."""
    at = m.JourneyRow.started_at
    query = (
        select(m.JourneyRow)
        .options(defer(m.JourneyRow.memory))
        .where(m.JourneyRow.state.not_in(_HIDDEN), m.JourneyRow.direction != Direction.INTERNAL)
        .order_by(at.desc(), m.JourneyRow.id.desc())
        .limit(PAGE + 1)
    )
    query = await _filtered(session, query, wanted, area_code)
    if cursor:
        before, last = paging.decode(cursor, paging.a_time, paging.an_id)
        # `<=` alone gives the index its range; SQLite makes none of an OR.
        query = query.where(at <= before, or_(at < before, m.JourneyRow.id < last))
    found = list(await session.scalars(query))
    rows, following = found[:PAGE], None
    if len(found) > PAGE:
        following = paging.encode(rows[-1].started_at.isoformat(), str(rows[-1].id))
    return await list_rows(session, rows), following


async def _filtered(session: AsyncSession, query: Select[Any], wanted: JourneyFilter, area_code: str) -> Select[Any]:
    if wanted.outcome:
        query = query.where(m.JourneyRow.outcome == without_controls(wanted.outcome))
    if wanted.agent:
        query = query.where(_with_agent(wanted.agent))
    text = without_controls(wanted.text or "").strip()[:MOST_CHARACTERS]
    return query.where(await _said(session, text, area_code)) if text else query


async def _said(session: AsyncSession, text: str, area_code: str) -> Condition:
    """What the text looks like decides. A few digits may be a short number as well as the end of one."""
    number = normalise(text, area_code=area_code)
    digits = text.isdecimal() and text.isascii() and len(text) >= NUMBER_END
    if number is not None:
        whole = m.JourneyRow.number == number.full
        return or_(whole, _number_ends(text)) if digits and number.full == text else whole
    return _number_ends(text) if digits else await _of_households(session, text)


def _with_agent(number: str) -> Condition:
    devices = (f"PJSIP/{number}", f"PJSIP/{number}-web")
    rung = exists().where(m.RingAttemptRow.journey_id == m.JourneyRow.id, m.RingAttemptRow.agent.in_(devices))
    talked = exists().where(m.AgentLegRow.journey_id == m.JourneyRow.id, m.AgentLegRow.agent.in_(devices))
    return or_(rung, talked)


def _number_ends(digits: str) -> Condition:
    end = m.JourneyRow.number_end == digits[-NUMBER_END:]
    return end if len(digits) == NUMBER_END else and_(end, m.JourneyRow.number.endswith(digits, autoescape=True))


async def _of_households(session: AsyncSession, name: str) -> Condition:
    begins = customers.name_begins(session, name)
    note = m.JourneyNote
    few = list(await session.scalars(select(Customer.id).where(begins).limit(FEW_HOUSEHOLDS + 1)))
    if len(few) <= FEW_HOUSEHOLDS:
        return m.JourneyRow.id.in_(select(note.journey_id).where(note.customer_id.in_(few)))
    return exists().where(note.journey_id == m.JourneyRow.id, note.customer_id == Customer.id, begins)


async def list_rows(session: AsyncSession, rows: Sequence[m.JourneyRow]) -> list[JourneyListRow]:
    """What the list shows of these journeys; numbers masked."""
    ids = [row.id for row in rows]
    notes = await _notes(session, ids)
    recorded = await _first_recordings(session, ids)
    talked = await repository.who_talked(session, ids)
    numbers = {row_id: _numbers(interfaces) for row_id, interfaces in talked.items()}
    seats = await _seat_names(session, {number for found in numbers.values() for number in found})
    return [
        _row(row, notes.get(row.id), recorded.get(row.id), _agents(numbers.get(row.id, ()), seats)) for row in rows
    ]


def _row(row: m.JourneyRow, note: Any, recording_id: str | None, talked: list[AgentOut]) -> JourneyListRow:
    known = note is not None and note.customer_id is not None
    return JourneyListRow(
        id=row.id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        direction=row.direction,
        number=NumberOut.of(row.number),
        customer=NamedOut(id=str(note.customer_id), name=note.name or "") if note is not None and known else None,
        outcome=row.outcome,
        state=row.state,
        queue=row.queue,
        waited_seconds=row.waited_seconds,
        talk_seconds=row.talk_seconds,
        hold_seconds=row.hold_seconds,
        estimated=row.estimated or bool(row.estimates),
        agents=talked,
        order_id=note.order_id if note is not None else None,
        disposition=note.disposition if note is not None else None,
        recording_id=recording_id,
    )


async def _notes(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
    note = m.JourneyNote
    rows = await session.execute(
        select(note.journey_id, note.customer_id, note.disposition, note.order_id, Customer.name)
        .outerjoin(Customer, Customer.id == note.customer_id)
        .where(note.journey_id.in_(ids))
    )
    return {row.journey_id: row for row in rows}


async def _first_recordings(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    recording = m.RecordingRow
    rows = await session.execute(
        select(recording.journey_id, recording.id)
        .where(recording.journey_id.in_(ids))
        .order_by(recording.kind, recording.started_at.desc())  # the last one stays: a message before a talk
    )
    return {journey_id: id_ for journey_id, id_ in rows}


async def _seat_names(session: AsyncSession, numbers: set[str]) -> dict[str, str]:
    """Columns, not agents: those bring their queues with them."""
    rows = await session.execute(select(Agent.number, Agent.name).where(Agent.number.in_(numbers)))
    return {number: name for number, name in rows}


def _numbers(interfaces: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for one in interfaces if (number := agents.number_of(one))))


def _agents(numbers: Sequence[str], seats: dict[str, str]) -> list[AgentOut]:
    return [AgentOut(number=number, name=seats.get(number, "")) for number in numbers]
