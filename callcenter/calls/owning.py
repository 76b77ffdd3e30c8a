"""Whose call it is: an agent has to do with those that rang at or were talked in at the own seat."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import repository as agents
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.calls import repository
from callcenter.foundation.errors import NotFound


async def has_part_in(session: AsyncSession, journey_id: uuid.UUID, person: SignedIn) -> bool:
    """Whether the person may use this call: with JOURNEYS_READ_ALL any, else the own ones, if any at all."""
    if person.may(Permission.JOURNEYS_READ_ALL):
        return True
    if not person.may(Permission.JOURNEYS_READ):
        return False
    seat = await agents.by_user(session, person.user_id)
    return seat is not None and await repository.was_with(session, journey_id, seat.number)


async def check_own(session: AsyncSession, journey_id: uuid.UUID, person: SignedIn) -> None:
    """Somebody else's call does not exist for an agent: `NotFound`. `NotPermitted` for roles without calls."""
    if not person.may(Permission.JOURNEYS_READ_ALL):
        person.must(Permission.JOURNEYS_READ)
    if not await has_part_in(session, journey_id, person):
        raise NotFound("journey_not_found")
