"""Every query about tasks."""

import uuid
from collections.abc import Sequence

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.foundation.errors import NotFound
from callcenter.foundation.statements import run, table_of
from callcenter.tasks.models import Task, TaskAttempt
from callcenter.tasks.states import RUNNING, TaskState

MOST_LISTED = 200


async def get(session: AsyncSession, task_id: uuid.UUID) -> Task:
    """A task for reading. `NotFound`."""
    task = await session.get(Task, task_id)
    if task is None:
        raise NotFound("task_not_found")
    return task


async def locked(session: AsyncSession, task_id: uuid.UUID) -> Task:
    """The task, locked until the commit. `NotFound`."""
    task = await session.get(Task, task_id, with_for_update=True, populate_existing=True)
    if task is None:
        raise NotFound("task_not_found")
    return task


async def running_of_number(session: AsyncSession, number: str) -> Sequence[Task]:
    """Tasks of a number that are not done, newest first, locked."""
    return list(
        await session.scalars(
            select(Task)
            .where(Task.number == number, Task.state.in_(RUNNING))
            .order_by(Task.created_at.desc())
            .with_for_update()
        )
    )


_TASKS = table_of(Task).c
_OWED = select(_TASKS.id).where(_TASKS.number == bindparam("number"), _TASKS.state.in_(RUNNING)).limit(1)
_OF_JOURNEY = select(_TASKS.id).where(_TASKS.journey_id == bindparam("journey_id")).limit(1)


async def has_running(session: AsyncSession, number: str) -> bool:
    """Whether `running_of_number` would find any (that are flushed): few have, and each call asks."""
    return bool(await run(session, _OWED, {"number": number}))


async def is_of_journey(session: AsyncSession, journey_id: uuid.UUID) -> bool:
    """Whether `of_journey` would find one that is flushed."""
    return bool(await run(session, _OF_JOURNEY, {"journey_id": journey_id}))


async def of_journey(session: AsyncSession, journey_id: uuid.UUID) -> Task | None:
    """The task whose latest lost call this is, done or not."""
    found: Task | None = await session.scalar(select(Task).where(Task.journey_id == journey_id).limit(1))
    return found


async def listed(session: AsyncSession, states: Sequence[TaskState]) -> Sequence[Task]:
    """Tasks in these states, the most urgent first."""
    statement = select(Task).where(Task.state.in_(states)).order_by(Task.due_at, Task.id).limit(MOST_LISTED)
    return list(await session.scalars(statement))


async def attempts_of(session: AsyncSession, task_ids: Sequence[uuid.UUID]) -> Sequence[TaskAttempt]:
    if not task_ids:
        return []
    statement = select(TaskAttempt).where(TaskAttempt.task_id.in_(task_ids)).order_by(TaskAttempt.at)
    return list(await session.scalars(statement))


async def running_per_owner(session: AsyncSession) -> dict[uuid.UUID, int]:
    rows = await session.execute(
        select(Task.owner_id, func.count())
        .where(Task.state.in_(RUNNING), Task.owner_id.is_not(None))
        .group_by(Task.owner_id)
    )
    return {owner: count for owner, count in rows if owner is not None}
