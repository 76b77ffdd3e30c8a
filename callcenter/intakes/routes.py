"""HTTP: drafts of the order form, and reading a spoken time."""

import uuid
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query
from starlette.requests import HTTPConnection

from callcenter.auth.dependencies import require
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.foundation.errors import NotFound
from callcenter.foundation.web import LedgerDep
from callcenter.intakes import drafts, wanted_time
from callcenter.intakes.ports import JourneyAccess
from callcenter.intakes.schemas import DraftIn, DraftSaved, WantedTimeOut
from callcenter.intakes.wanted_time import ClockName

router = APIRouter(prefix="/api/v1", tags=["intakes"])
Agent = Annotated[SignedIn, Depends(require(Permission.DESK_USE))]


async def _journey_access(connection: HTTPConnection) -> JourneyAccess:
    return cast(JourneyAccess, connection.app.state.journey_access)


AccessDep = Annotated[JourneyAccess, Depends(_journey_access)]


@router.put("/journeys/{journey_id}/draft")
async def save_draft(
    journey_id: uuid.UUID, body: DraftIn, ledger: LedgerDep, agent: Agent, access: AccessDep
) -> DraftSaved:
    """Keep the agent's unsaved form of this call; 404 for a call that is not the agent's."""
    if not await access.may_use(journey_id, agent):
        raise NotFound("journey_not_found")
    async with ledger.transaction() as tx:
        draft = await drafts.save(tx, journey_id=journey_id, user_id=agent.user_id, form=body.form)
    return DraftSaved(saved_at=draft.saved_at)


@router.get("/wanted-time", dependencies=[Depends(require(Permission.CATALOGUE_READ))])
async def read_wanted_time(
    ledger: LedgerDep,
    text: Annotated[str, Query(max_length=500)],
    clock: ClockName = ClockName.BEIJING,
) -> WantedTimeOut:
    """What a spoken time means now, in the clock the caller uses."""
    return WantedTimeOut.of(wanted_time.parse(text, now=ledger.clock.now(), clock=clock))
