"""Use cases: a person takes a task, tries, and ends it."""

import uuid

from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.foundation import audit, timers
from callcenter.foundation.errors import NotFound, NotPermitted, Refused
from callcenter.foundation.ids import new_id
from callcenter.foundation.transactions import Transaction
from callcenter.tasks import repository, states
from callcenter.tasks.lost_callers import fact_of, subject_of
from callcenter.tasks.models import Task, TaskAttempt
from callcenter.tasks.states import ClosingFact, TaskIsAnothers, TaskIsDone, TaskResult, TaskState


async def claim(tx: Transaction, task_id: uuid.UUID, *, by: SignedIn) -> Task:
    """Take a task; taking one's own again changes nothing. `Refused` task_claimed or task_done."""
    task = await repository.locked(tx.session, task_id)
    already = task.state == TaskState.CLAIMED and task.owner_id == by.user_id
    try:
        task.state = states.claim(TaskState(task.state), task.owner_id, by.user_id)
    except (TaskIsDone, TaskIsAnothers) as fault:
        raise _refused(task, fault) from None
    task.owner_id = by.user_id
    if not already:
        tx.record(fact_of(task, "task.claimed", by.actor))
    return task


async def close(
    tx: Transaction, task_id: uuid.UUID, *, by: SignedIn, result: TaskResult, note: str | None = None
) -> Task:
    """Note the result of a try: not reached leaves the task running, all else ends it. `Refused`."""
    task = await repository.locked(tx.session, task_id)
    try:
        task.state = states.after_result(TaskState(task.state), task.owner_id, by.user_id, result)
    except (TaskIsDone, TaskIsAnothers) as fault:
        raise _refused(task, fault) from None
    tx.session.add(TaskAttempt(id=new_id(), task_id=task.id, at=tx.now, by_user_id=by.user_id, result=result))
    task.note = note or task.note
    if task.state != TaskState.DONE:
        tx.record(fact_of(task, "task.attempted", by.actor))
        return task
    task.owner_id, task.closed_at, task.result = by.user_id, tx.now, result
    task.closing_fact = ClosingFact.BY_PERSON
    await timers.cancel(tx, subject=subject_of(task.id))
    tx.record(fact_of(task, "task.closed", by.actor))
    return task


async def reveal(tx: Transaction, task_id: uuid.UUID, *, by: SignedIn, origin: str) -> str:
    """The number to call back, in full, for the owner whose role calls back, or by role; written to the audit log.

    `NotPermitted`, `NotFound("number_withheld")`.
    """
    task = await repository.get(tx.session, task_id)
    if not by.may(Permission.NUMBERS_REVEAL):
        by.must(Permission.NUMBERS_REVEAL_OWED)
        if task.owner_id != by.user_id:
            raise NotPermitted
    if task.number is None:
        raise NotFound("number_withheld")
    audit.note(tx, actor=by.actor, action="number.revealed", subject=subject_of(task.id), origin=origin)
    return task.number


def _refused(task: Task, fault: Exception) -> Refused:
    return Refused("task_done" if isinstance(fault, TaskIsDone) else "task_claimed", state=task.state)
