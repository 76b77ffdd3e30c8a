"""Whose telephone it is: seats by their devices, looked up once."""

import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent
from callcenter.agents.repository import number_of
from callcenter.foundation.statements import run, table_of

_AGENTS = table_of(Agent)
_BY_NUMBER = select(_AGENTS.c.id).where(_AGENTS.c.number == bindparam("number"))


@dataclass(frozen=True, slots=True)
class Seat:
    """What of a seat never changes."""

    id: uuid.UUID
    number: str


AnySeat = Agent | Seat
"""For what needs no more than id and number."""


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
