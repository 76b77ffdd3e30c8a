"""Whose telephone it is: seats by their devices, looked up once."""

import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent
from callcenter.agents.repository import number_of
from callcenter.foundation.statements import run, table_of

_AGENTS = table_of(Agent)
_BY_NUMBER = select(_AGENTS.c.id).where(_AGENTS.c.number == bindparam("number"))
_BY_USER = select(_AGENTS.c.id, _AGENTS.c.number).where(
    _AGENTS.c.user_id == bindparam("user_id", type_=_AGENTS.c.id.type), _AGENTS.c.active == true()
)


@dataclass(frozen=True, slots=True)
class Seat:
    """What of a seat never changes."""

    id: uuid.UUID
    number: str


AnySeat = Agent | Seat
"""For what needs no more than id and number."""


async def of_user(session: AsyncSession, user_id: uuid.UUID) -> Seat | None:
    """The seat where that person sits now. Asked by each page that is opened."""
    rows = await run(session, _BY_USER, {"user_id": user_id})
    return Seat(*rows[0]) if rows else None


class SeatBook:
    """A seat keeps its id and its number for ever, so what was found once is true; what was not, is asked again."""

    def __init__(self) -> None:
        self._known: dict[str, Seat] = {}

    async def by_interface(self, session: AsyncSession, interface: str) -> Seat | None:
        """The seat of a device or of one of its channels; None for anything else."""
        number = number_of(interface)
        if number is None or number in self._known:
            return self._known.get(number or "")
        rows = await run(session, _BY_NUMBER, {"number": number})
        if not rows:
            return None
        seat = self._known[number] = Seat(rows[0][0], number)
        return seat
