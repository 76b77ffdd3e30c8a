"""HTTP: the list of tasks, taking one, ending one."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from callcenter.auth.dependencies import require
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.foundation.transactions import Ledger
from callcenter.foundation.web import LedgerDep, origin_of
from callcenter.tasks import repository, views, working
from callcenter.tasks.schemas import CloseIn, RevealedOut, TaskOut, TasksOut
from callcenter.tasks.states import RUNNING, TaskState

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"])
Worker = Annotated[SignedIn, Depends(require(Permission.TASKS_WORK))]


@router.get("")
async def list_tasks(
    ledger: LedgerDep, person: Worker, state: Annotated[TaskState, Query()] = TaskState.OPEN
) -> TasksOut:
    """`open` lists all that is still to do, claimed or not."""
    states = RUNNING if state is TaskState.OPEN else (state,)
    async with ledger.reading() as session:
        return TasksOut(items=await views.shown(session, await repository.listed(session, states)))


@router.post("/{task_id}/claim")
async def claim_task(task_id: uuid.UUID, ledger: LedgerDep, person: Worker) -> TaskOut:
    """Take the task."""
    async with ledger.transaction() as tx:
        await working.claim(tx, task_id, by=person)
    return await _shown(ledger, task_id)


@router.post("/{task_id}/close")
async def close_task(task_id: uuid.UUID, body: CloseIn, ledger: LedgerDep, person: Worker) -> TaskOut:
    """Note a result; `not_reached` leaves the task to be tried again."""
    async with ledger.transaction() as tx:
        await working.close(tx, task_id, by=person, result=body.result, note=body.note)
    return await _shown(ledger, task_id)


@router.post("/{task_id}/reveal")
async def reveal_number(task_id: uuid.UUID, ledger: LedgerDep, person: Worker, request: Request) -> RevealedOut:
    """The number to call back; who looked is written down."""
    async with ledger.transaction() as tx:
        return RevealedOut(number=await working.reveal(tx, task_id, by=person, origin=origin_of(request)))


async def _shown(ledger: Ledger, task_id: uuid.UUID) -> TaskOut:
    async with ledger.reading() as session:
        (task,) = await views.shown(session, [await repository.get(session, task_id)])
        return task
