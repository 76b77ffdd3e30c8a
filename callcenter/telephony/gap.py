"""What happened while nobody listened, told by the PBX's own files (callcenter.md §4.2, step 6).

CEL tells whole calls with their true times; queue_log adds what CEL cannot tell, and stands in for it where CEL does
not know a call. A call that the ledger has as ended needs nothing; of a call that goes on, and of one that both
sources tell, what is known already is left out. So taking the same stretch twice changes nothing.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from callcenter.calls.engine import CallEngine
from callcenter.calls.events import LineAppeared, LineEnded, OnLine
from callcenter.calls.repairs import Repair, RepairKind
from callcenter.telephony.cel_events import CelCall, calls_of, events_of
from callcenter.telephony.cel_reader import Row
from callcenter.telephony.cel_rows import parse
from callcenter.telephony.queue_log import LoggedVisit, rows_of, visits_of
from callcenter.telephony.queue_news import SAME_NEWS, completed, told_alone

#: A batch ends where no call is under way, so that a ring and its end are told together; at the latest here.
FEWEST_EVENTS, MOST_EVENTS = 300, 5000
#: What is told here ended after it began; the PBX's clock may have been set between.
SLACK = timedelta(hours=2)

Visits = Mapping[str, Sequence[LoggedVisit]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What both files have grown by. `has_cel`: there is a CEL file, so a call that it does not know is none.

    `trusted`: stamps in the files are those of the events (False after the PBX's clock was set under open calls).
    """

    rows: Sequence[Row] = ()
    lines: Sequence[bytes] = ()
    has_cel: bool = True
    trusted: bool = True


@dataclass(slots=True)
class _Told:
    events: list[OnLine] = field(default_factory=list)
    from_cel: list[str] = field(default_factory=list)
    from_queue_log: list[str] = field(default_factory=list)


async def fill(engine: CallEngine, pbx: str, stretch: Stretch) -> list[Repair]:
    """Bring what the files tell into the ledger; which calls were told, and by which file."""
    if not stretch.rows and not stretch.lines:
        return []
    calls, visits = await asyncio.to_thread(_read, stretch)
    over = await _finished(engine, calls, visits)
    lost = [call for call in calls if not call.names & over and _begins(engine, call, trusted=stretch.trusted)]
    told = await asyncio.to_thread(_tell, pbx, lost, visits)
    told.events = [event for event in told.events if not engine.knows(event)]
    by_cel = {name for call in calls for name in call.names}
    if stretch.trusted:
        _tell_alone(engine, pbx, {k: v for k, v in visits.items() if k not in by_cel | over}, told, stretch.has_cel)
    new = {event.linkedid for event in told.events} | {event.uniqueid for event in told.events}
    for batch in _batches(sorted(told.events, key=lambda event: event.at)):
        await engine.fill(batch)
    cel = [Repair(RepairKind.FROM_CEL, name) for name in told.from_cel if name in new]
    return cel + [Repair(RepairKind.FROM_QUEUE_LOG, name) for name in told.from_queue_log if name in new]


async def _finished(engine: CallEngine, calls: list[CelCall], visits: Visits) -> set[str]:
    """Names of calls, and of lines that rang in one, that the ledger has as ended."""
    began = [call.rows[0].at for call in calls] + [own[0].joined_at for own in visits.values()]
    if not began:
        return set()
    return await engine.finished_among(
        {*visits, *(name for call in calls for name in call.names)}, min(began) - SLACK
    )


def _begins(engine: CallEngine, call: CelCall, *, trusted: bool) -> bool:
    """False for the rest of a call whose begin neither we nor these rows know."""
    known = any(engine.knows_line(row.uniqueid) for row in call.rows)
    return trusted if known else call.is_whole


def _read(stretch: Stretch) -> tuple[list[CelCall], dict[str, list[LoggedVisit]]]:
    calls = calls_of(row for columns in stretch.rows if (row := parse(columns)) is not None)
    return calls, visits_of(rows_of(stretch.lines))


def _tell(pbx: str, calls: list[CelCall], visits: Visits) -> _Told:
    told = _Told()
    for call in calls:
        events, better = completed(events_of(pbx, call), visits)
        told.events += events
        told.from_cel.append(call.rows[0].linkedid)
        if better:
            told.from_queue_log.append(call.rows[0].linkedid)
    return told


def _tell_alone(engine: CallEngine, pbx: str, visits: Visits, told: _Told, has_cel: bool) -> None:
    """Calls of which CEL tells nothing: those in the ledger, and all others only if there is no CEL at all."""
    for line, own in visits.items():
        known = engine.knows_line(line)
        if has_cel and not known:
            continue
        groups = [g for g in told_alone(pbx, own, known=known) if not engine.knows(g[0], SAME_NEWS)]
        if groups:
            told.events += [event for group in groups for event in group]
            told.from_queue_log.append(line)


def _batches(events: list[OnLine]) -> Iterator[list[OnLine]]:
    batch: list[OnLine] = []
    up: set[str] = set()
    for event in events:
        batch.append(event)
        if isinstance(event, LineAppeared):
            up.add(event.uniqueid)
        elif isinstance(event, LineEnded):
            up.discard(event.uniqueid)
        if len(batch) >= MOST_EVENTS or (len(batch) >= FEWEST_EVENTS and not up):
            yield batch
            batch = []
    if batch:
        yield batch
