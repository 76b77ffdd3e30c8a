"""The life of a task, and the rule for who gets it. Standard library only."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class TaskKind(StrEnum):
    LOST_CALLER = "lost_caller"
    VOICEMAIL = "voicemail"
    """A lost caller who has left a message: to be heard, and called back."""


class TaskState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"


class TaskResult(StrEnum):
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    WRONG_NUMBER = "wrong_number"
    NOT_NEEDED = "not_needed"


class ClosingFact(StrEnum):
    """What ended a task: a person's result, the household that got through by itself, or that it never was lost."""

    BY_PERSON = "by_person"
    CALLED_AGAIN = "called_again"
    WAS_SERVED = "was_served"
    """Late news: in the very call that we took for lost an agent talked with the household."""


class TaskIsDone(Exception):
    pass


class TaskIsAnothers(Exception):
    pass


RUNNING = (TaskState.OPEN, TaskState.CLAIMED)
ONE_PER = timedelta(minutes=30)
"""Lost calls of one number within this time share a task (domain.md §4.4, invariant 9)."""


def claim(state: TaskState, owner: uuid.UUID | None, by: uuid.UUID) -> TaskState:
    """An open task may be taken by anybody, also one laid on somebody else's desk; a claimed one by nobody else."""
    if state is TaskState.DONE:
        raise TaskIsDone
    if state is TaskState.CLAIMED and owner != by:
        raise TaskIsAnothers
    return TaskState.CLAIMED


def after_result(state: TaskState, owner: uuid.UUID | None, by: uuid.UUID, result: TaskResult) -> TaskState:
    """Not reached leaves the task as it is, for another try; any other result ends it."""
    claim(state, owner, by)
    return state if result is TaskResult.NOT_REACHED else TaskState.DONE


def is_same_trouble(opened_at: datetime, now: datetime) -> bool:
    """Whether a lost call now belongs to a running task of the same number opened then."""
    return now - opened_at < ONE_PER


def pick_owner(candidates: Sequence[uuid.UUID], running: Mapping[uuid.UUID, int]) -> uuid.UUID | None:
    """The candidate with the fewest running tasks, the first named of equals; None without candidates."""
    return min(candidates, key=lambda person: running.get(person, 0), default=None)
