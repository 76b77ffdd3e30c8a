"""What a ledger holds of a recording's calls, and how two ledgers differ."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent, Presence
from callcenter.agents.states import LineState, PersonState
from callcenter.calls import models as m
from callcenter.calls.engine import LATE
from callcenter.foundation.facts import FactRow
from callcenter.foundation.outbox import OutboxRow
from callcenter.tasks.models import Task

Path = tuple[str, ...]
"""Journey (linkedid), part, key within the part, field; as far as it goes."""

HIDDEN = ("merged", "discarded")
_ONCE = ("call.journey_started", "call.journey_ended", "task.opened")

#: Part of a journey → its table and what names a row of it (rows of the same name are counted).
PARTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "step": (m.IvrStepRow, ("node", "key")),
    "visit": (m.QueueVisitRow, ("queue",)),
    "attempt": (m.RingAttemptRow, ("line",)),
    "leg": (m.AgentLegRow, ("line",)),
    "hold": (m.HoldRow, ("agent",)),
    "consult": (m.ConsultRow, ("agent", "to")),
    "transfer": (m.TransferRow, ("by", "to")),
    "recording": (m.RecordingRow, ("uniqueid",)),
    "pop": (m.ScreenPopRow, ("line",)),
    "task": (Task, ("cause",)),
}
_NOT_COMPARED = frozenset(
    {"id", "journey_id", "n", "memory", "made_at", "created_at", "closed_at", "due_at", "withdrawn_at", "agent_id",
     "owner_id", "customer_id", "sent_at", "seen_at", "recording_id"}
)  # fmt: skip
_JOURNEY_TOLD_ELSEWHERE = frozenset({"linkedid", "pbx", "waited_seconds", "talk_seconds", "hold_seconds"})


@dataclass(frozen=True)
class Difference:
    """At `path` one ledger has `expected` and the other `found`; None where it has nothing."""

    path: Path
    expected: Any
    found: Any

    def __str__(self) -> str:
        return f"{'/'.join(self.path)}: {self.expected} → {self.found}"


Book = dict[Path, Any]


async def read(session: AsyncSession) -> Book:
    """Everything that must be the same, as path → value; rows of journeys that are none are left out."""
    names: dict[Any, str] = {}
    book: Book = {}
    for row in await _rows(session, m.JourneyRow):
        if row.state in HIDDEN:
            continue
        names[row.id] = row.linkedid
        _put(book, (row.linkedid, "journey", ""), row, _JOURNEY_TOLD_ELSEWHERE)
    for part, (model, keys) in PARTS.items():
        seen: Counter[Path] = Counter()
        order = (model.n,) if hasattr(model, "n") else ()
        for row in await _rows(session, model, *order):
            if row.journey_id in names:
                path = (names[row.journey_id], part, " ".join(str(getattr(row, key)) for key in keys))
                seen[path] += 1
                _put(book, (*path[:2], f"{path[2]} #{seen[path]}"), row, frozenset())
    await _read_facts(session, names, book)
    await _read_agents(session, book)
    return book


async def _rows(session: AsyncSession, model: Any, *order: Any) -> list[Row[Any]]:
    table: Table = model.__table__
    return list(await session.execute(select(table).order_by(*order)))


def _put(book: Book, path: Path, row: Row[Any], left_out: frozenset[str]) -> None:
    for name, value in row._mapping.items():
        if name not in _NOT_COMPARED and name not in left_out:
            book[(*path, name)] = value


async def _read_facts(session: AsyncSession, names: dict[Any, str], book: Book) -> None:
    """Each begin, end and task is told once; effects stand once in the outbox; positions have no gap."""
    subjects = {f"journey:{key}": name for key, name in names.items()}
    tasks = {f"task:{row.id}": names.get(row.journey_id, "?") for row in await _rows(session, Task)}
    rows = list(
        await session.execute(
            select(FactRow.position, FactRow.type, FactRow.subject, FactRow.pbx_at, FactRow.data).order_by(
                FactRow.position
            )
        )
    )
    book[("", "facts", "", "gaps")] = sorted(row.position for row in rows) != list(range(1, len(rows) + 1))
    told = Counter(
        (row.type, row.subject, row.pbx_at, repr({**row.data, LATE: None}))
        for row in rows
        if row.type.startswith("call.")
    )
    book[("", "facts", "", "doubled")] = sorted({kind for (kind, *_), count in told.items() if count > 1})
    for row in rows:
        name = subjects.get(row.subject) or tasks.get(row.subject)
        if name and row.type in _ONCE:
            path = (name, "fact", row.type, "count")
            corrects = LATE in row.data and path in book
            book[path] = book.get(path, 0) + (not corrects)
    for effect in await _rows(session, OutboxRow):
        kind, subject = effect.key.split(" ")
        name = subjects.get(subject) or tasks.get(subject)
        if name:
            book[(name, "effect", kind, "count")] = book.get((name, "effect", kind, "count"), 0) + 1


async def _read_agents(session: AsyncSession, book: Book) -> None:
    """Nobody is left on a line that is gone, and whoever had to wrap up does."""
    rows = await session.execute(
        select(Agent.number, Presence.line, Presence.person).outerjoin(Presence, Presence.agent_id == Agent.id)
    )
    for number, line, person in rows:
        book[("", "agent", number, "line")] = line or LineState.FREE
        book[("", "agent", number, "person")] = person or PersonState.OFFLINE


def differences(expected: Book, found: Book) -> list[Difference]:
    return [
        Difference(path, expected.get(path), found.get(path))
        for path in sorted(expected.keys() | found.keys())
        if expected.get(path) != found.get(path)
    ]


def is_time(value: Any) -> bool:
    return isinstance(value, datetime | float)
