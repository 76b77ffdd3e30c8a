"""The figures of the desk's strip, counted in the ledger for the present Beijing day [00:00, now)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.repository import number_of
from callcenter.calls.models import AgentLegRow, QueueVisitRow
from callcenter.calls.states import VisitOutcome
from callcenter.foundation.calendars import BEIJING

WITHIN = timedelta(seconds=15)
SHORT = timedelta(seconds=5)


def beijing_midnight(now: datetime) -> datetime:
    return now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Service level by formula (4) of callcenter.md §2.2: answered ≤ X / (answered + abandoned after X)."""

    waiting: int
    longest_wait_since: datetime | None
    answered: int
    abandoned: int
    good: int
    of: int


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


async def of_today(session: AsyncSession, now: datetime) -> DayFigures:
    """All queues together, one pass over the day's visits in the database."""
    visit, wait = QueueVisitRow, QueueVisitRow.wait_seconds
    waiting = visit.left_at.is_(None)
    answered, abandoned = visit.outcome == VisitOutcome.ANSWERED, visit.outcome == VisitOutcome.ABANDONED
    limit = WITHIN.total_seconds()
    row = await session.execute(
        select(
            _count(waiting),
            func.min(case((waiting, visit.joined_at))),
            _count(answered),
            _count(and_(abandoned, wait > SHORT.total_seconds())),
            _count(and_(answered, wait <= limit)),
            _count(and_(abandoned, wait > limit)),
        ).where(visit.joined_at >= beijing_midnight(now))
    )
    waits, since, taken, lost, good, lost_late = row.one()
    return DayFigures(waits, since, taken, lost, good, taken + lost_late)


async def of_agents(session: AsyncSession, now: datetime) -> dict[str, tuple[int, float]]:
    """Agent's number → (calls taken today, mean seconds of talk and hold); agents who took none are left out."""
    rows = await session.execute(
        select(AgentLegRow.agent, func.count(), func.sum(AgentLegRow.talk_seconds + AgentLegRow.hold_seconds))
        .where(AgentLegRow.from_at >= beijing_midnight(now), AgentLegRow.to_at.is_not(None))
        .group_by(AgentLegRow.agent)
    )
    counts: dict[str, int] = {}
    sums: dict[str, float] = {}
    for interface, count, seconds in rows:  # an agent's desk telephone and browser are two interfaces
        number = number_of(interface)
        if number is not None:
            counts[number] = counts.get(number, 0) + count
            sums[number] = sums.get(number, 0.0) + float(seconds or 0.0)
    return {number: (count, sums[number] / count) for number, count in counts.items()}
