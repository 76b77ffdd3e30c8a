"""The figures of the desk's strip, counted from the ledger for the present Beijing day [00:00, now)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

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


async def of_today(session: AsyncSession, now: datetime) -> DayFigures:
    visits = await session.execute(
        select(QueueVisitRow.joined_at, QueueVisitRow.left_at, QueueVisitRow.outcome).where(
            QueueVisitRow.joined_at >= beijing_midnight(now)
        )
    )
    waiting: list[datetime] = []
    answered = abandoned = good = lost_late = 0
    for joined_at, left_at, outcome in visits:
        if left_at is None:
            waiting.append(joined_at)
        elif outcome == VisitOutcome.ANSWERED:
            answered += 1
            good += left_at - joined_at <= WITHIN
        elif outcome == VisitOutcome.ABANDONED:
            abandoned += left_at - joined_at > SHORT
            lost_late += left_at - joined_at > WITHIN
    return DayFigures(len(waiting), min(waiting, default=None), answered, abandoned, good, answered + lost_late)


async def of_agent(session: AsyncSession, interface: str, now: datetime) -> tuple[int, float | None]:
    """(calls taken today, mean seconds of talk and hold) of one agent; None where nothing was taken."""
    row = await session.execute(
        select(func.count(), func.avg(AgentLegRow.talk_seconds + AgentLegRow.hold_seconds)).where(
            AgentLegRow.agent.in_((interface, f"{interface}-web")),
            AgentLegRow.from_at >= beijing_midnight(now),
            AgentLegRow.to_at.is_not(None),
        )
    )
    count, mean = row.one()
    return count, float(mean) if mean is not None else None
