"""Whether an agent's screen shows numbers in full: by role (domain.md §4.10), never by the browser's wish."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent
from callcenter.auth.models import UserRole
from callcenter.auth.permissions import Permission, Role, permissions_of

SEES_NUMBERS = frozenset(role for role in Role if Permission.NUMBERS_REVEAL in permissions_of(frozenset({role})))
"""Any of these roles."""


async def sees_full_numbers(session: AsyncSession, agent: Agent) -> bool:
    """True for roles that need no reveal of their own (supervisors, complaints officers)."""
    if agent.user_id is None:
        return False
    roles = await session.scalars(select(UserRole.role).where(UserRole.user_id == agent.user_id))
    return not SEES_NUMBERS.isdisjoint(roles)
