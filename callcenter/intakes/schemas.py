"""Intakes as JSON."""

from typing import Annotated, Any, Literal

from pydantic import Field

from callcenter.customers.schemas import IsoTime
from callcenter.foundation.web import In, Out
from callcenter.intakes.wanted_time import ClockName, Slot, Wanted


class DraftIn(In):
    form: dict[str, Any]


class DraftSaved(Out):
    saved_at: IsoTime


class SlotOut(Out):
    from_: Annotated[IsoTime, Field(serialization_alias="from")]
    to: IsoTime

    @classmethod
    def of(cls, slot: Slot) -> "SlotOut":
        return cls(from_=slot.start, to=slot.end)


class WantedTimeOut(Out):
    status: Literal["understood", "ambiguous", "unknown", "past"]
    from_: Annotated[IsoTime | None, Field(serialization_alias="from")]
    to: IsoTime | None
    clock: ClockName
    candidates: list[SlotOut]

    @classmethod
    def of(cls, wanted: Wanted) -> "WantedTimeOut":
        return cls(
            status=wanted.status.value,
            from_=wanted.slot.start if wanted.slot else None,
            to=wanted.slot.end if wanted.slot else None,
            clock=wanted.clock,
            candidates=[SlotOut.of(slot) for slot in wanted.candidates],
        )
