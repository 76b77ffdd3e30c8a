"""What happened while nobody listened, told by the PBX's CEL file (callcenter.md §4.2, step 6).

Only calls that are over are taken from there: a call with a live line is adopted from the PBX's own lists, and one
that the ledger has as ended needs nothing. So taking the same stretch twice changes nothing.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from callcenter.calls.engine import CallEngine
from callcenter.calls.events import LineAppeared, LineEnded, OnLine
from callcenter.calls.switchboard import LiveLine
from callcenter.telephony.cel_events import CelCall, calls_of, events_of, parse
from callcenter.telephony.cel_reader import Row

#: A batch ends where no call is under way, so that a ring and its end are told together; at the latest here.
FEWEST_EVENTS, MOST_EVENTS = 300, 5000


async def fill(engine: CallEngine, pbx: str, rows: Sequence[Row], live: Iterable[LiveLine]) -> int:
    """Bring the calls of these rows into the ledger; how many calls were told."""
    names = {name for line in live for name in (line.uniqueid, line.linkedid)}
    calls = [call for call in await asyncio.to_thread(_calls, rows) if not call.names & names]
    over = await engine.finished_among({name for call in calls for name in call.linkedids})
    lost = [call for call in calls if not call.linkedids & over and _begins(engine, call)]
    for batch in _batches(await asyncio.to_thread(_events, pbx, lost)):
        await engine.fill(batch)
    return len(lost)


def _begins(engine: CallEngine, call: CelCall) -> bool:
    """False for the rest of a call whose begin neither we nor these rows know."""
    return call.is_whole or any(engine.knows_line(row.uniqueid) for row in call.rows)


def _calls(rows: Sequence[Row]) -> list[CelCall]:
    return calls_of(row for columns in rows if (row := parse(columns)) is not None)


def _events(pbx: str, calls: list[CelCall]) -> list[OnLine]:
    events = [event for call in calls for event in events_of(pbx, call)]
    return sorted(events, key=lambda event: event.at)


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
