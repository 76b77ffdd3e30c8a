"""Every query about seats, queues and presence."""

import re
import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.membership import Member
from callcenter.agents.models import Agent, AgentQueue, Presence, Queue
from callcenter.agents.states import PersonState
from callcenter.foundation.errors import NotFound

_INTERFACE = re.compile(r"PJSIP/(\d{3,5})(?:-web)?(?:-[0-9a-f]{8})?", re.ASCII)


def number_of(interface: str) -> str | None:
    """`PJSIP/1001`, `PJSIP/1001-web` or a channel name of either → `1001`; None for anything else."""
    found = _INTERFACE.fullmatch(interface)
    return found[1] if found else None


async def by_number(session: AsyncSession, number: str) -> Agent | None:
    return await session.scalar(select(Agent).where(Agent.number == number))


async def by_interface(session: AsyncSession, interface: str) -> Agent | None:
    number = number_of(interface)
    return await by_number(session, number) if number else None


async def by_user(session: AsyncSession, user_id: uuid.UUID) -> Agent | None:
    return await session.scalar(select(Agent).where(Agent.user_id == user_id, Agent.active))


async def seat_of(session: AsyncSession, user_id: uuid.UUID) -> Agent:
    """The seat of a user; `NotFound("no_seat")`."""
    agent = await by_user(session, user_id)
    if agent is None:
        raise NotFound("no_seat")
    return agent


async def list_agents(session: AsyncSession) -> list[Agent]:
    return list(await session.scalars(select(Agent).where(Agent.active).order_by(Agent.number)))


async def list_queues(session: AsyncSession) -> list[Queue]:
    return list(await session.scalars(select(Queue).order_by(Queue.name)))


async def presences(session: AsyncSession) -> list[tuple[Agent, Presence]]:
    rows = await session.execute(select(Agent, Presence).join(Presence, Presence.agent_id == Agent.id))
    return [(row[0], row[1]) for row in rows]


async def wanted_members(session: AsyncSession) -> list[Member]:
    """What the PBX's queues should hold: everybody not offline; paused unless ready."""
    rows = await session.execute(
        select(Agent, Presence, AgentQueue)
        .join(Presence, Presence.agent_id == Agent.id)
        .join(AgentQueue, AgentQueue.agent_id == Agent.id)
        .where(Agent.active, Presence.person != PersonState.OFFLINE)
    )
    members = []
    for agent, presence, served in rows:
        paused = presence.person != PersonState.READY
        reason = (presence.reason or presence.person) if paused else ""
        members.append(Member(served.queue, agent.interface, agent.number, served.penalty, paused, reason))
    return members
