"""What the voice menu may ask before it speaks."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from callcenter.auth.dependencies import require
from callcenter.auth.permissions import Permission
from callcenter.customers import repository
from callcenter.foundation.phone_numbers import normalise
from callcenter.foundation.web import LedgerDep, Out, SettingsDep

router = APIRouter(prefix="/api/v1/ivr", tags=["ivr"])


class KnownCaller(Out):
    known: bool


@router.get("/caller", dependencies=[Depends(require(Permission.CALLER_LOOK_UP))])
async def caller(
    ledger: LedgerDep, settings: SettingsDep, number: Annotated[str, Query(max_length=80)] = ""
) -> KnownCaller:
    """Whether a household has this number, as Asterisk has it in CALLERID(num)."""
    found = normalise(number, area_code=settings.area_code)
    if found is None:
        return KnownCaller(known=False)
    async with ledger.reading() as session:
        return KnownCaller(known=bool(await repository.named_by_number(session, found)))
