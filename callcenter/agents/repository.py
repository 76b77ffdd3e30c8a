"""Every query about seats, queues and presence."""

import re
import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, bindparam, case, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import lazyload

from callcenter.agents.membership import Member
from callcenter.agents.models import Agent, AgentQueue, Presence, Queue, interface_of
from callcenter.agents.states import LineState, PersonState
from callcenter.foundation.errors import NotFound
from callcenter.foundation.statements import run, table_of

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


async def on_journey(session: AsyncSession, journey_id: uuid.UUID) -> list[tuple[Agent, Presence]]:
    """Who is on that journey now, or wraps it up."""
    rows = await session.execute(
        select(Agent, Presence)
        .join(Presence, Presence.agent_id == Agent.id)
        .where(Presence.journey_id == journey_id)
        .options(lazyload(Agent.queues))
    )
    return [(row[0], row[1]) for row in rows]


async def users_on_duty(session: AsyncSession) -> list[uuid.UUID]:
    """The users behind all seats that are not offline."""
    rows = await session.scalars(
        select(Agent.user_id)
        .join(Presence, Presence.agent_id == Agent.id)
        .where(Presence.person != PersonState.OFFLINE, Agent.user_id.is_not(None))
    )
    return [user_id for user_id in rows if user_id is not None]


async def staff_counts(session: AsyncSession) -> tuple[int, int]:
    """(ready to take a call now, on duty)."""
    ready = case(
        (
            and_(
                Presence.person == PersonState.READY,
                Presence.line == LineState.FREE,
                Presence.phone_registered,
            ),
            1,
        ),
        else_=0,
    )
    row = await session.execute(
        select(func.coalesce(func.sum(ready), 0), func.count()).where(Presence.person != PersonState.OFFLINE)
    )
    taking, on_duty = row.one()
    return int(taking), int(on_duty)


async def lines_shown(session: AsyncSession) -> list[tuple[str, bool, str, datetime]]:
    """(number, telephone registered, line state, since) of all agents, as screens show them."""
    rows = await session.execute(
        select(Agent.number, Presence.phone_registered, Presence.line, Presence.line_since).join(
            Presence, Presence.agent_id == Agent.id
        )
    )
    return [(number, registered, line, since) for number, registered, line, since in rows]


_QUEUES, _AGENTS, _PRESENCES = map(table_of, (AgentQueue, Agent, Presence))
_WANTED = (
    select(_QUEUES.c.queue, _QUEUES.c.penalty, _AGENTS.c.number, _PRESENCES.c.person, _PRESENCES.c.reason)
    .select_from(_QUEUES)
    .join(_AGENTS, _AGENTS.c.id == _QUEUES.c.agent_id)
    .join(_PRESENCES, _PRESENCES.c.agent_id == _AGENTS.c.id)
    .where(_AGENTS.c.active == true(), _PRESENCES.c.person != PersonState.OFFLINE)
)
_WANTED_OF = _WANTED.where(_AGENTS.c.number.in_(bindparam("numbers", expanding=True)))


async def wanted_members(session: AsyncSession, numbers: Collection[str] | None = None) -> list[Member]:
    """What the PBX's queues should hold, of all seats or of these: whoever is not offline; paused unless ready."""
    if numbers is None:
        rows = await run(session, _WANTED, {})
    else:
        rows = await run(session, _WANTED_OF, {"numbers": sorted(numbers)})
    members = []
    for queue, penalty, number, person, why in rows:
        paused = person != PersonState.READY
        reason = (why or person) if paused else ""
        members.append(Member(queue, interface_of(number), number, penalty, paused, reason))
    return members
