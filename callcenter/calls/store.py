"""Journeys into rows: the journey itself and only those of its parts that are new or have changed."""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import models
from callcenter.calls.journeys import Journey
from callcenter.calls.states import TERMINAL, Direction
from callcenter.foundation.database import Base
from callcenter.foundation.ids import new_id
from callcenter.foundation.phone_numbers import normalise
from callcenter.foundation.transactions import Transaction

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A child table and how a journey fills it."""

    table: Table
    rows: Callable[[Journey], list[Row]]


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _plain(items: Sequence[Any], *names: str) -> list[Row]:
    return [{name: getattr(item, name) for name in names} for item in items]


PARTS = (
    Part(_table(models.IvrStepRow), lambda j: _plain(j.ivr_steps, "at", "node", "key")),
    Part(
        _table(models.QueueVisitRow),
        lambda j: _plain(j.queue_visits, "queue", "position", "joined_at", "left_at", "wait_seconds", "outcome"),
    ),
    Part(
        _table(models.RingAttemptRow),
        lambda j: _plain(j.attempts, "line", "agent", "member_name", "queue", "ringing_at", "ended_at", "outcome"),
    ),
    Part(
        _table(models.AgentLegRow),
        lambda j: _plain(j.agent_legs, "line", "agent", "from_at", "to_at", "talk_seconds", "hold_seconds"),
    ),
    Part(_table(models.HoldRow), lambda j: _plain(j.holds, "agent", "from_at", "to_at")),
    Part(_table(models.ConsultRow), lambda j: _plain(j.consults, "agent", "to", "from_at", "to_at")),
    Part(_table(models.TransferRow), lambda j: _plain(j.transfers, "at", "kind", "by", "to", "completed")),
)

_JOURNEYS = _table(models.JourneyRow)
_NAMES_A_QUERY = 500


def household_text(journey: Journey) -> str:
    """The household's number as the network gave it: who called, or whom we called."""
    return journey.dialled if journey.direction is Direction.OUTBOUND else journey.caller


def _journey_row(journey: Journey, area_code: str, memory: Row | None) -> Row:
    number = normalise(household_text(journey), area_code=area_code)
    return {
        "direction": journey.direction,
        "state": journey.state,
        "caller": journey.caller,
        "number": number.full if number else None,
        "number_end": number.full[-4:] if number else None,
        "caller_name": journey.caller_name,
        "dialled": journey.dialled,
        "started_at": journey.started_at,
        "ended_at": journey.ended_at,
        "estimated": journey.estimated,
        "estimates": [at.isoformat() for at in journey.estimates] or None,
        "outcome": journey.outcome,
        "hangup_by": journey.hangup_by,
        "queue": journey.queue_visits[-1].queue if journey.queue_visits else None,
        "waited_seconds": sum(visit.wait_seconds for visit in journey.queue_visits),
        "talk_seconds": sum(leg.talk_seconds for leg in journey.agent_legs),
        "hold_seconds": sum(leg.hold_seconds for leg in journey.agent_legs),
        "memory": memory,
    }


class JourneyStore:
    """Writes journeys of one PBX. Remembers what it wrote, so that unchanged parts cost nothing."""

    def __init__(self, pbx: str, area_code: str) -> None:
        self._pbx = pbx
        self._area_code = area_code
        self._ids: dict[str, uuid.UUID] = {}
        self._written: dict[str, dict[str, list[Row]]] = {}

    async def load_open(self, session: AsyncSession) -> list[Row]:
        """The memories of journeys that were open when the service last ran."""
        rows = await session.scalars(
            select(models.JourneyRow).where(models.JourneyRow.pbx == self._pbx, models.JourneyRow.ended_at.is_(None))
        )
        memories = []
        for row in rows:
            self._ids[row.linkedid] = row.id
            self._written[row.linkedid] = await self._read_parts(session, row.id)
            if row.memory is not None:
                memories.append(row.memory)
        return memories

    async def _read_parts(self, session: AsyncSession, journey_id: uuid.UUID) -> dict[str, list[Row]]:
        written = {}
        for part in PARTS:
            rows = await session.execute(
                select(part.table).where(part.table.c.journey_id == journey_id).order_by(part.table.c.n)
            )
            written[part.table.name] = [
                {k: v for k, v in row._mapping.items() if k not in ("journey_id", "n")} for row in rows
            ]
        return written

    async def _find(self, tx: Transaction, linkedid: str) -> uuid.UUID | None:
        """A journey that ended before we started may be corrected by late news."""
        known = self._ids.get(linkedid)
        if known is None:
            known = await tx.session.scalar(
                select(models.JourneyRow.id).where(
                    models.JourneyRow.pbx == self._pbx, models.JourneyRow.linkedid == linkedid
                )
            )
            if known is not None:
                self._ids[linkedid] = known
                self._written[linkedid] = await self._read_parts(tx.session, known)
        return known

    async def finished_among(self, session: AsyncSession, linkedids: Collection[str]) -> set[str]:
        """Those of these journeys that are over."""
        names, found = sorted(linkedids), set[str]()
        for n in range(0, len(names), _NAMES_A_QUERY):
            journeys = models.JourneyRow
            found |= set(
                await session.scalars(
                    select(journeys.linkedid).where(
                        journeys.pbx == self._pbx,
                        journeys.linkedid.in_(names[n : n + _NAMES_A_QUERY]),
                        journeys.ended_at.is_not(None),
                    )
                )
            )
        return found

    async def save(self, tx: Transaction, journey: Journey, memory: Row | None) -> uuid.UUID:
        """Insert or update one journey and its parts; `memory` is dropped once the journey is over."""
        over = journey.state in TERMINAL
        if over and journey.ended_at is None:  # merged into another journey, or no contact at all
            journey = replace(journey, ended_at=tx.now)
        row = _journey_row(journey, self._area_code, None if over else memory)
        journey_id = await self._find(tx, journey.linkedid)
        if journey_id is None:
            journey_id = self._ids[journey.linkedid] = new_id()
            self._written[journey.linkedid] = {}
            await tx.session.execute(
                insert(_JOURNEYS).values(id=journey_id, pbx=self._pbx, linkedid=journey.linkedid, **row)
            )
        else:
            await tx.session.execute(update(_JOURNEYS).where(_JOURNEYS.c.id == journey_id).values(**row))
        written = self._written.setdefault(journey.linkedid, {})
        for part in PARTS:
            await self._save_part(tx, part, journey_id, part.rows(journey), written)
        return journey_id

    async def _save_part(
        self, tx: Transaction, part: Part, journey_id: uuid.UUID, rows: list[Row], written: dict[str, list[Row]]
    ) -> None:
        table = part.table
        before = written.get(table.name, [])
        if rows == before:
            return
        fresh = [{"journey_id": journey_id, "n": n, **row} for n, row in enumerate(rows) if n >= len(before)]
        if fresh:
            await tx.session.execute(insert(table), fresh)
        for n, row in enumerate(rows[: len(before)]):
            if row != before[n]:
                here = and_(table.c.journey_id == journey_id, table.c.n == n)
                await tx.session.execute(update(table).where(here).values(**row))
        if len(rows) < len(before):
            gone = and_(table.c.journey_id == journey_id, table.c.n >= len(rows))
            await tx.session.execute(delete(table).where(gone))
        written[table.name] = rows

    def forget(self, linkedid: str) -> None:
        """The journey is over and its rows are committed: free what was kept for comparing."""
        self._ids.pop(linkedid, None)
        self._written.pop(linkedid, None)

    def forget_unsaved(self) -> None:
        """A transaction failed: what we believe written may not be; read it again when needed."""
        self._ids.clear()
        self._written.clear()
