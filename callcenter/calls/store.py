"""Journeys into rows: the journeys themselves and only those of their parts that are new or have changed.

All journeys of a batch are written together, one statement for each table and kind of change. The statements are
made once: building them and finding their compiled form cost ten times what the database takes to run them.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.base import Executable

from callcenter.calls import models
from callcenter.calls.journeys import Journey
from callcenter.calls.states import TERMINAL, Direction
from callcenter.foundation.ids import new_id
from callcenter.foundation.phone_numbers import normalise
from callcenter.foundation.statements import run, table_of
from callcenter.foundation.transactions import Transaction

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A child table and how a journey fills it."""

    table: Table
    rows: Callable[[Journey], list[Row]]
    make: Executable = field(init=False)
    """With the row, `journey_id` and `n` as parameters."""
    change: Executable = field(init=False)
    """With the row, `_journey_id` and `_n`."""
    drop: Executable = field(init=False)
    """With `_journey_id` and `_n`: that one and all after it."""

    def __post_init__(self) -> None:
        key, n = self.table.c.journey_id, self.table.c.n
        this = key == bindparam("_journey_id")
        object.__setattr__(self, "make", insert(self.table))
        object.__setattr__(self, "change", update(self.table).where(this, n == bindparam("_n")))
        object.__setattr__(self, "drop", delete(self.table).where(this, n >= bindparam("_n")))


def _plain(items: Sequence[Any], *names: str) -> list[Row]:
    return [{name: getattr(item, name) for name in names} for item in items]


PARTS = (
    Part(table_of(models.IvrStepRow), lambda j: _plain(j.ivr_steps, "at", "node", "key")),
    Part(
        table_of(models.QueueVisitRow),
        lambda j: _plain(j.queue_visits, "queue", "position", "joined_at", "left_at", "wait_seconds", "outcome"),
    ),
    Part(
        table_of(models.RingAttemptRow),
        lambda j: _plain(j.attempts, "line", "agent", "member_name", "queue", "ringing_at", "ended_at", "outcome"),
    ),
    Part(
        table_of(models.AgentLegRow),
        lambda j: _plain(j.agent_legs, "line", "agent", "from_at", "to_at", "talk_seconds", "hold_seconds"),
    ),
    Part(table_of(models.HoldRow), lambda j: _plain(j.holds, "agent", "from_at", "to_at")),
    Part(table_of(models.ConsultRow), lambda j: _plain(j.consults, "agent", "to", "from_at", "to_at")),
    Part(table_of(models.TransferRow), lambda j: _plain(j.transfers, "at", "kind", "by", "to", "completed")),
)

_JOURNEYS = table_of(models.JourneyRow)
_MAKE = insert(_JOURNEYS)
_CHANGE = update(_JOURNEYS).where(_JOURNEYS.c.id == bindparam("_id"))
_FIND = select(_JOURNEYS.c.linkedid, _JOURNEYS.c.id).where(
    _JOURNEYS.c.pbx == bindparam("pbx"), _JOURNEYS.c.linkedid.in_(bindparam("linkedids", expanding=True))
)
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

    async def load_ended(self, session: AsyncSession, since: datetime, most: int) -> list[str]:
        """The names of at most so many calls that ended since then, the earliest first."""
        journeys = models.JourneyRow
        over = select(journeys.linkedid).where(journeys.pbx == self._pbx, journeys.ended_at >= since)
        return [*await session.scalars(over.order_by(journeys.ended_at.desc()).limit(most))][::-1]

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

    async def _find(self, tx: Transaction, linkedids: Iterable[str]) -> None:
        """A journey that ended before we started may be corrected by late news: learn what is written of it."""
        new = [linkedid for linkedid in linkedids if linkedid not in self._ids]
        if not new:
            return
        for linkedid, journey_id in await run(tx.session, _FIND, {"pbx": self._pbx, "linkedids": new}):
            self._ids[linkedid] = journey_id
            self._written[linkedid] = await self._read_parts(tx.session, journey_id)

    async def finished_among(self, session: AsyncSession, names: Collection[str], since: datetime) -> set[str]:
        """Those of these names of calls and of ringing lines whose journeys have ended, `since` then or later.

        A consultation is no journey of its own, so only its line tells to which one it belongs.
        """
        asked, found = sorted(names), set[str]()
        journeys, rings = models.JourneyRow, models.RingAttemptRow
        for n in range(0, len(asked), _NAMES_A_QUERY):
            some = asked[n : n + _NAMES_A_QUERY]
            over = journeys.pbx == self._pbx, journeys.ended_at >= since
            called = select(journeys.linkedid).where(*over, journeys.linkedid.in_(some))
            rang = (
                select(rings.line).join(journeys, journeys.id == rings.journey_id).where(*over, rings.line.in_(some))
            )
            found |= {*await session.scalars(called), *await session.scalars(rang)}
        return found

    async def save(self, tx: Transaction, journeys: Sequence[tuple[Journey, Row | None]]) -> dict[str, uuid.UUID]:
        """Insert or update these journeys and their parts; linkedid → id.

        Each comes with its memory, which is dropped once the journey is over.
        """
        await self._find(tx, [journey.linkedid for journey, _ in journeys])
        work = _Work()
        for journey, memory in journeys:  # first all of them: their parts refer to them
            self._plan(tx, work, journey, memory)
        for journey, _ in journeys:
            self._plan_parts(work, journey)
        await tx.session.run_sync(lambda session: work.carry_out(session.connection()))
        return {journey.linkedid: self._ids[journey.linkedid] for journey, _ in journeys}

    def _plan(self, tx: Transaction, work: "_Work", journey: Journey, memory: Row | None) -> None:
        over = journey.state in TERMINAL
        if over and journey.ended_at is None:  # merged into another journey, or no contact at all
            journey = replace(journey, ended_at=tx.now)
        row = _journey_row(journey, self._area_code, None if over else memory)
        journey_id = self._ids.get(journey.linkedid)
        if journey_id is None:
            journey_id = self._ids[journey.linkedid] = new_id()
            work.add(_MAKE, {"id": journey_id, "pbx": self._pbx, "linkedid": journey.linkedid, **row})
        else:
            work.add(_CHANGE, {"_id": journey_id, **row})

    def _plan_parts(self, work: "_Work", journey: Journey) -> None:
        journey_id = self._ids[journey.linkedid]
        written = self._written.setdefault(journey.linkedid, {})
        for part in PARTS:
            rows = part.rows(journey)
            before = written.get(part.table.name, [])
            if rows != before:
                _plan_part(work, part, journey_id, rows, before)
                written[part.table.name] = rows

    def forget(self, linkedid: str) -> None:
        """The journey is over and its rows are committed: free what was kept for comparing."""
        self._ids.pop(linkedid, None)
        self._written.pop(linkedid, None)

    def forget_unsaved(self) -> None:
        """A transaction failed: what we believe written may not be; read it again when needed."""
        self._ids.clear()
        self._written.clear()


class _Work:
    """Statements and their rows; one execution each, in the order in which they were first asked for."""

    def __init__(self) -> None:
        self._rows: defaultdict[Executable, list[Row]] = defaultdict(list)

    def add(self, statement: Executable, row: Row) -> None:
        self._rows[statement].append(row)

    def carry_out(self, connection: Connection) -> None:
        for statement, rows in self._rows.items():
            connection.execute(statement, rows if len(rows) > 1 else rows[0])


def _plan_part(work: _Work, part: Part, journey_id: uuid.UUID, rows: list[Row], before: list[Row]) -> None:
    for n, row in enumerate(rows):
        if n >= len(before):
            work.add(part.make, {"journey_id": journey_id, "n": n, **row})
        elif row != before[n]:
            work.add(part.change, {"_journey_id": journey_id, "_n": n, **row})
    if len(rows) < len(before):
        work.add(part.drop, {"_journey_id": journey_id, "_n": len(rows)})
