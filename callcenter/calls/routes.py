"""Call history, dispositions, reveals and recordings over HTTP."""

import asyncio
import uuid
from datetime import timedelta
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse

from callcenter.agents import repository as agents
from callcenter.auth.dependencies import CurrentUser, require
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.calls import listing, notes, owning, reading, recordings, repository, revealing
from callcenter.calls.listing import JourneyFilter
from callcenter.calls.recordings import MonitorDir
from callcenter.calls.schemas import (
    CustomerChoice,
    DispositionIn,
    JourneyDetail,
    JourneyPage,
    Revealed,
    SavedAt,
)
from callcenter.foundation import audit
from callcenter.foundation.web import LedgerDep, SettingsDep, origin_of

Desk = Annotated[SignedIn, Depends(require(Permission.DESK_USE))]
SAME_PLAY = timedelta(minutes=10)
_SOUND = {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}
AUDIO: dict[int | str, dict[str, Any]] = {
    200: {"description": "The recording", **_SOUND},
    206: {"description": "The piece that Range asks for", **_SOUND},
    416: {"description": "It has no such piece", "content": {"text/plain": {}}},
}

router = APIRouter(prefix="/api/v1", tags=["calls"])


async def _monitor_dir(request: Request) -> MonitorDir:
    return cast(MonitorDir, request.app.state.monitor_dir)


MonitorDirDep = Annotated[MonitorDir, Depends(_monitor_dir)]


@router.get("/journeys")
async def list_journeys(
    person: CurrentUser,
    ledger: LedgerDep,
    settings: SettingsDep,
    q: Annotated[str | None, Query(max_length=60)] = None,
    outcome: Annotated[str | None, Query(max_length=20)] = None,
    agent: Annotated[str | None, Query(pattern=r"^\d{3,5}$")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> JourneyPage:
    async with ledger.reading() as session:
        if not person.may(Permission.JOURNEYS_READ_ALL):
            person.must(Permission.JOURNEYS_READ)
            agent = (await agents.seat_of(session, person.user_id)).number
        rows, following = await listing.page(
            session, JourneyFilter(q, outcome, agent), cursor, area_code=settings.area_code
        )
        return JourneyPage(items=rows, next_cursor=following)


@router.get("/journeys/{journey_id}")
async def get_journey(
    journey_id: uuid.UUID, person: CurrentUser, ledger: LedgerDep, monitor_dir: MonitorDirDep
) -> JourneyDetail:
    async with ledger.reading() as session:
        await owning.check_own(session, journey_id, person)
        return await reading.detail(session, journey_id, monitor_dir)


@router.post("/journeys/{journey_id}/disposition")
async def dispose(journey_id: uuid.UUID, form: DispositionIn, person: Desk, ledger: LedgerDep) -> SavedAt:
    async with ledger.transaction() as tx:
        await owning.check_own(tx.session, journey_id, person)
        await notes.dispose(tx, journey_id, code=form.code, note=form.note, actor=person.actor)
        return SavedAt(saved_at=tx.now)


@router.put("/journeys/{journey_id}/customer", status_code=204)
async def set_customer(journey_id: uuid.UUID, form: CustomerChoice, person: Desk, ledger: LedgerDep) -> None:
    async with ledger.transaction() as tx:
        await owning.check_own(tx.session, journey_id, person)
        await notes.set_customer(tx, journey_id, form.customer_id, person.actor)


@router.post("/journeys/{journey_id}/reveal")
async def reveal(journey_id: uuid.UUID, person: CurrentUser, ledger: LedgerDep, request: Request) -> Revealed:
    async with ledger.transaction() as tx:
        number = await revealing.reveal(tx, journey_id, person, origin=origin_of(request))
        return Revealed(number=number)


@router.get("/recordings/{recording_id}/audio", response_class=FileResponse, responses=AUDIO)
async def play(
    recording_id: str, person: CurrentUser, ledger: LedgerDep, monitor_dir: MonitorDirDep, request: Request
) -> FileResponse:
    async with ledger.reading() as session:
        row = await repository.recording(session, recording_id)
        await recordings.check_may_play(session, person, row)
    path = await asyncio.to_thread(recordings.locate, row, monitor_dir)
    async with ledger.transaction() as tx:
        subject = f"recording:{row.id}"
        # Once a play, not once a piece; a browser says nothing about a play that could be believed.
        if not await audit.was_noted(tx, person.actor, "recording.played", subject, within=SAME_PLAY):
            audit.note(
                tx,
                actor=person.actor,
                action="recording.played",
                subject=subject,
                origin=origin_of(request),
                journey=str(row.journey_id),
            )
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "private, no-store"})
