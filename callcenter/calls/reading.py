"""One journey for the screens: the full ledger, numbers masked."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import listing, recordings, repository
from callcenter.calls.ledger_json import estimated_times, journey_json
from callcenter.calls.models import JourneyRow, RecordingRow
from callcenter.calls.recordings import MonitorDir
from callcenter.calls.schemas import JourneyDetail, RecordingOut
from callcenter.calls.states import Direction
from callcenter.foundation.errors import NotFound
from callcenter.foundation.phone_numbers import mask


async def detail(session: AsyncSession, journey_id: uuid.UUID, monitor_dir: MonitorDir) -> JourneyDetail:
    """One journey in full. `NotFound`."""
    row = await repository.get(session, journey_id)
    [head] = await listing.list_rows(session, [row])
    notes = await repository.notes_of(session, [row.id])
    journey = await repository.read_journey(session, row)
    ledger = journey_json(journey) | {"estimated": estimated_times(journey)}
    recorded = (await repository.recordings_of(session, [row.id])).get(row.id, [])
    return JourneyDetail(
        **head.model_dump(exclude={"started_at", "ended_at"}),
        started_at=row.started_at,
        ended_at=row.ended_at,
        note=notes[row.id].note if row.id in notes else None,
        ledger=_masked(ledger, row),
        recordings=await asyncio.to_thread(_recordings, recorded, row, monitor_dir),
    )


def _masked(ledger: dict[str, Any], row: JourneyRow) -> dict[str, Any]:
    """Numbers of households never in full: who called, whom we called, to whom a call was passed on."""
    shown = mask(row.number) if row.number else ""
    inbound = row.direction == Direction.INBOUND
    return {
        **ledger,
        "caller": shown if inbound else mask(row.caller),
        "dialled": row.dialled if inbound else mask(row.dialled),
        "consults": [{**consult, "to": mask(consult["to"])} for consult in ledger["consults"]],
        "transfers": [{**transfer, "to": mask(transfer["to"])} for transfer in ledger["transfers"]],
    }


def _recordings(items: Sequence[RecordingRow], row: JourneyRow, monitor_dir: MonitorDir) -> list[RecordingOut]:
    """Looks into the files: not for the event loop."""
    return [_recording(item, row, monitor_dir) for item in items]


def _recording(item: RecordingRow, row: JourneyRow, monitor_dir: MonitorDir) -> RecordingOut:
    state, seconds = "ready", None
    if row.ended_at is None:
        state = "recording"
    else:
        try:
            seconds = recordings.seconds_of(recordings.locate(item, monitor_dir))
        except NotFound:
            state = "missing"
    return RecordingOut(id=item.id, started_at=item.started_at, seconds=seconds, state=state)
