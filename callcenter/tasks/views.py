"""Reading tasks for the screen."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.auth.models import User
from callcenter.customers.models import Customer
from callcenter.customers.schemas import NamedOut, NumberOut
from callcenter.tasks import repository
from callcenter.tasks.models import Task, TaskAttempt
from callcenter.tasks.schemas import AttemptOut, StepOut, TaskOut
from callcenter.tasks.states import RUNNING


async def open_tasks(session: AsyncSession) -> list[TaskOut]:
    """All running tasks, the most urgent first; numbers masked."""
    return await shown(session, await repository.listed(session, RUNNING))


async def shown(session: AsyncSession, tasks: Sequence[Task]) -> list[TaskOut]:
    """The tasks as JSON, with names of people and households; numbers masked."""
    attempts: dict[uuid.UUID, list[TaskAttempt]] = {}
    for attempt in await repository.attempts_of(session, [task.id for task in tasks]):
        attempts.setdefault(attempt.task_id, []).append(attempt)
    people = {task.owner_id for task in tasks} | {a.by_user_id for tried in attempts.values() for a in tried}
    names = await _names(session, User.id, User.display_name, people)
    households = {task.customer_id for task in tasks}
    customers = await _names(session, Customer.id, Customer.name, households)
    open_orders = await _names(session, Customer.id, Customer.open_orders, households)
    return [
        TaskOut(
            id=str(task.id),
            kind=task.kind,
            due_at=task.due_at,
            created_at=task.created_at,
            state=task.state,
            owner=_named(task.owner_id, names),
            number=NumberOut.of(task.number),
            customer=_named(task.customer_id, customers),
            journey_id=str(task.journey_id),
            recording_id=task.recording_id,
            lost_at=task.lost_at,
            waited_seconds=task.waited_seconds,
            where=task.lost_where,
            steps=[StepOut.model_validate(step) for step in task.steps],
            calls_today=task.calls_today,
            open_orders=open_orders.get(task.customer_id, 0),
            attempts=[
                AttemptOut(at=a.at, by=names[a.by_user_id], result=a.result) for a in attempts.get(task.id, ())
            ],
            note=task.note,
        )
        for task in tasks
    ]


async def _names(session: AsyncSession, key: Any, value: Any, ids: set[Any]) -> dict[Any, Any]:
    wanted = ids - {None}
    if not wanted:
        return {}
    return {id_: name for id_, name in await session.execute(select(key, value).where(key.in_(wanted)))}


def _named(id_: uuid.UUID | None, names: dict[Any, Any]) -> NamedOut | None:
    return NamedOut(id=str(id_), name=names[id_]) if id_ is not None else None
