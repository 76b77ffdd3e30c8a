"""HTTP: finding a service item. Quotes need the customer's tier and stand with the work orders."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from callcenter.auth.dependencies import require
from callcenter.auth.permissions import Permission
from callcenter.catalogue import repository
from callcenter.catalogue.schemas import ItemOut, ItemsOut
from callcenter.foundation.web import LedgerDep

router = APIRouter(prefix="/api/v1/catalogue", tags=["catalogue"])


@router.get("/items", dependencies=[Depends(require(Permission.CATALOGUE_READ))])
async def items(ledger: LedgerDep, q: Annotated[str, Query(max_length=200)] = "") -> ItemsOut:
    """At most eight items by Chinese substring, pinyin, initials or alias."""
    async with ledger.reading() as session:
        found = await repository.search(session, query=q, at=ledger.clock.now())
    return ItemsOut(items=[ItemOut.of(item, entry) for item, entry in found])
