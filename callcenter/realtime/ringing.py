"""What is known of a ring besides who is calling, in one statement: it is asked at each ring of a telephone."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent, Queue
from callcenter.auth.models import UserRole
from callcenter.calls import figures
from callcenter.calls.models import JourneyNote, JourneyRow, QueueVisitRow, ScreenPopRow
from callcenter.calls.states import Direction
from callcenter.foundation.statements import run, table_of
from callcenter.realtime.rights import SEES_NUMBERS

_POPS, _JOURNEYS, _QUEUES, _AGENTS = map(table_of, (ScreenPopRow, JourneyRow, Queue, Agent))
_VISITS, _NOTES, _ROLES = map(table_of, (QueueVisitRow, JourneyNote, UserRole))
_EARLIER = _JOURNEYS.alias("earlier")

_RING = (
    select(
        _POPS,
        _JOURNEYS.c.number,
        _JOURNEYS.c.caller_name,
        _NOTES.c.customer_id,
        _QUEUES.c.label,
        _QUEUES.c.ring_seconds,
        _VISITS.c.joined_at.label("queued_at"),
        exists()
        .where(_ROLES.c.user_id == _AGENTS.c.user_id, _ROLES.c.role.in_(sorted(SEES_NUMBERS)))
        .label("reveal"),
        select(func.count())
        .where(
            _EARLIER.c.number == _JOURNEYS.c.number,
            _EARLIER.c.started_at >= bindparam("midnight"),
            _EARLIER.c.direction == Direction.INBOUND,
        )
        .scalar_subquery()
        .label("calls_today"),
    )
    .select_from(_POPS)
    .join(_JOURNEYS, _JOURNEYS.c.id == _POPS.c.journey_id)
    .join(_AGENTS, _AGENTS.c.id == _POPS.c.agent_id)
    .outerjoin(_NOTES, _NOTES.c.journey_id == _JOURNEYS.c.id)
    .outerjoin(_QUEUES, _QUEUES.c.name == _POPS.c.queue)
    .outerjoin(_VISITS, and_(_VISITS.c.journey_id == _JOURNEYS.c.id, _VISITS.c.n == 0))
    .where(_POPS.c.journey_id == bindparam("journey_id"), _POPS.c.line == bindparam("line"))
)


async def read(session: AsyncSession, journey_id: uuid.UUID, line: str, at: datetime) -> Any | None:
    """The pop's row with `number`, `caller_name`, `customer_id` (chosen), `label` and `ring_seconds` of the queue,
    `queued_at`, `reveal` (the agent's role sees numbers in full), `calls_today` (of that Beijing day `at` is in)."""
    asked = {"journey_id": journey_id, "line": line, "midnight": figures.beijing_midnight(at)}
    rows = await run(session, _RING, asked)
    return rows[0] if rows else None
