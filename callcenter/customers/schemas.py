"""Households, numbers and instants as JSON."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer

from callcenter.foundation.clock import iso
from callcenter.foundation.phone_numbers import mask
from callcenter.foundation.web import Out, without_controls

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _in_our_times(at: datetime) -> datetime:
    """Far ends of the calendar overflow when moved to another time zone."""
    if not _FIRST <= at < _LAST:
        raise ValueError("outside 2000 to 2100")
    return at.astimezone(UTC)


Text = Annotated[str, AfterValidator(without_controls)]
"""Written text in a request. Right-to-left names and emoji are text like any other."""
Instant = Annotated[AwareDatetime, AfterValidator(_in_our_times)]
"""An instant in a request: aware, within this century, UTC from here on."""
IsoTime = Annotated[datetime, PlainSerializer(iso, return_type=str)]
"""An instant in an answer: ISO 8601 UTC with milliseconds and Z."""


class NumberOut(Out):
    """A number on the wire; `full` only where the caller of `of` has checked that this person may see it now."""

    masked: str | None
    full: str | None
    withheld: bool

    @classmethod
    def of(cls, full: str | None, *, reveal: bool = False) -> "NumberOut":
        """`full` is E.164, short, or None for a withheld number."""
        if not full:
            return cls(masked=None, full=None, withheld=True)
        return cls(masked=mask(full), full=full if reveal else None, withheld=False)


class NamedOut(Out):
    id: str
    name: str


class CustomerNumberOut(Out):
    id: str
    number: NumberOut
    label: str


class AddressZoneOut(Out):
    id: str
    name: str
    level: str
    path: list[str]


class AddressOut(Out):
    id: str
    text: str
    zone: AddressZoneOut | None
    confirmed: bool


class TotalsOut(Out):
    orders: int
    amount_fen: int
    points: int


class Household(Out):
    """A card without what higher features add (orders, contacts so far)."""

    id: str
    name: str
    since: IsoTime
    tier: str
    note: str | None
    note_at: IsoTime | None
    contacts: list[NamedOut]
    numbers: list[CustomerNumberOut]
    addresses: list[AddressOut]
    totals: TotalsOut
