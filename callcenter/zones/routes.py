"""HTTP: which zone an address lies in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from callcenter.auth.dependencies import require
from callcenter.auth.permissions import Permission
from callcenter.foundation.web import LedgerDep
from callcenter.zones import repository
from callcenter.zones.schemas import ZoneAnswer

router = APIRouter(prefix="/api/v1/zones", tags=["zones"])


@router.get("/resolve", dependencies=[Depends(require(Permission.CATALOGUE_READ))])
async def resolve(ledger: LedgerDep, text: Annotated[str, Query(max_length=2000)]) -> ZoneAnswer:
    """The zone of a written address, or the candidates an agent chooses from."""
    async with ledger.reading() as session:
        gazetteer = await repository.gazetteer(session, ledger.clock.now())
    return ZoneAnswer.of(gazetteer, gazetteer.resolve(text))
