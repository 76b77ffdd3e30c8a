"""Use cases: a household hung up before anybody answered; somebody owes it a call."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from callcenter.customers import repository as customers
from callcenter.foundation import timers
from callcenter.foundation.calendars import SERVICE_HOURS, Calendar
from callcenter.foundation.clock import iso
from callcenter.foundation.facts import Fact
from callcenter.foundation.ids import new_id
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.timers import TimerHandler, TimerRow
from callcenter.foundation.transactions import Transaction
from callcenter.tasks import repository
from callcenter.tasks.models import Task
from callcenter.tasks.states import RUNNING, ClosingFact, TaskKind, TaskState, is_same_trouble, pick_owner

TIMER = "T-CALLBACK"


@dataclass(frozen=True, slots=True)
class Loss:
    """One lost call. `steps`: [{node, key}]; `where`: where the household hung up; `recording_id`: of its message."""

    journey_id: uuid.UUID
    number: PhoneNumber | None
    lost_at: datetime
    where: Literal["queue", "menu"]
    waited_seconds: int | None = None
    steps: Sequence[dict[str, Any]] = ()
    calls_today: int = 1
    cause: str = "abandoned"
    recording_id: str | None = None


def subject_of(task_id: uuid.UUID) -> str:
    return f"task:{task_id}"


def fact_of(task: Task, type_: str, actor: str = "system") -> Fact:
    """A fact about a task; without the number, which readers look up under their own permission."""
    data = {
        "task_id": str(task.id),
        "kind": task.kind,
        "state": task.state,
        "owner_id": str(task.owner_id) if task.owner_id else None,
        "journey_id": str(task.journey_id),
        "due_at": iso(task.due_at),
        "result": task.result,
    }
    return Fact(type_, subject_of(task.id), data, actor)


async def open_lost_caller(
    tx: Transaction,
    loss: Loss,
    *,
    within: timedelta,
    calendar: Calendar = SERVICE_HOURS,
    owner_candidates: Sequence[uuid.UUID] = (),
) -> Task:
    """The task for this loss: the running one of the number if it is under half an hour old, else a new one.

    It is due `within` that much time of service (domain.md §4.4; the setting is `lost_caller_minutes`).
    The owner is the candidate with the fewest running tasks; without candidates the team's list has it.
    """
    known = await repository.of_journey(tx.session, loss.journey_id)
    if known is not None:
        return known  # the same end told twice, perhaps by a recovery
    running = await _running(tx, loss)
    if running is not None:
        return await _add(tx, running, loss)
    task = Task(
        id=new_id(),
        kind=TaskKind.VOICEMAIL if loss.recording_id else TaskKind.LOST_CALLER,
        recording_id=loss.recording_id,
        state=TaskState.OPEN,
        owner_id=pick_owner(owner_candidates, await repository.running_per_owner(tx.session)),
        number=loss.number.full if loss.number else None,
        callable=loss.number is not None,
        customer_id=await _household(tx, loss.number),
        due_at=calendar.add(loss.lost_at, within),
        created_at=tx.now,
        **_told(loss),
    )
    tx.session.add(task)
    await tx.session.flush()
    await timers.arm(tx, subject=subject_of(task.id), entry_seq=1, code=TIMER, due_at=task.due_at)
    tx.record(fact_of(task, "task.opened"))
    return task


async def note_reached(tx: Transaction, number: PhoneNumber | None, *, journey_id: uuid.UUID) -> int:
    """The household got through by itself: its running tasks are done. How many there were."""
    if number is None or not await repository.has_running(tx.session, number.full):
        return 0
    running = await repository.running_of_number(tx.session, number.full)
    for task in running:
        await _close(tx, task, journey_id)
    return len(running)


async def note_served(tx: Transaction, journey_id: uuid.UUID) -> None:
    """A call that was told as lost was served after all (a withheld number cannot be found by `note_reached`)."""
    if not await repository.is_of_journey(tx.session, journey_id):
        return
    task = await repository.of_journey(tx.session, journey_id)
    if task is not None and task.state in RUNNING:
        await _close(tx, task, journey_id)


async def _close(tx: Transaction, task: Task, journey_id: uuid.UUID) -> None:
    task.state, task.closed_at = TaskState.DONE, tx.now
    task.closing_fact = ClosingFact.WAS_SERVED if task.journey_id == journey_id else ClosingFact.CALLED_AGAIN
    await timers.cancel(tx, subject=subject_of(task.id))
    fact = fact_of(task, "task.closed")
    tx.record(Fact(fact.type, fact.subject, {**fact.data, "reached_in": str(journey_id)}))


async def on_due(tx: Transaction, timer: TimerRow) -> None:
    """Nobody has called back in time: a fact, if the task still runs."""
    task = await tx.session.get(Task, uuid.UUID(timer.subject.partition(":")[2]), with_for_update=True)
    if task is not None and task.state != TaskState.DONE:
        tx.record(fact_of(task, "task.overdue"))


TIMER_HANDLERS: dict[str, TimerHandler] = {TIMER: on_due}


async def _running(tx: Transaction, loss: Loss) -> Task | None:
    """The newest running task of the number, if fresh. A withheld number has none: one task a call.

    A task holds one message: a second one gets a task of its own, so that both are heard.
    """
    if loss.number is None:
        return None
    for task in await repository.running_of_number(tx.session, loss.number.full):
        has_room = task.recording_id is None or loss.recording_id is None
        if has_room and is_same_trouble(task.created_at, tx.now):
            return task
    return None


async def _add(tx: Transaction, task: Task, loss: Loss) -> Task:
    """A second loss within the half hour: the task tells the latest call, its limit stays that of the first."""
    for name, value in _told(loss).items():
        setattr(task, name, value)
    if loss.recording_id is not None:
        task.kind, task.recording_id = TaskKind.VOICEMAIL, loss.recording_id
    await tx.session.flush()
    fact = fact_of(task, "task.opened")
    tx.record(Fact(fact.type, fact.subject, {**fact.data, "repeated": True}))
    return task


def _told(loss: Loss) -> dict[str, Any]:
    return {
        "cause": loss.cause,
        "journey_id": loss.journey_id,
        "lost_at": loss.lost_at,
        "waited_seconds": loss.waited_seconds,
        "lost_where": loss.where,
        "steps": [dict(step) for step in loss.steps],
        "calls_today": loss.calls_today,
    }


async def _household(tx: Transaction, number: PhoneNumber | None) -> uuid.UUID | None:
    """The household if the number names exactly one."""
    known = await customers.named_by_number(tx.session, number) if number else []
    return known[0][0] if len(known) == 1 else None
