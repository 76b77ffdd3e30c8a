"""Tasks as JSON."""

from typing import Annotated

from pydantic import Field

from callcenter.customers.schemas import IsoTime, NamedOut, NumberOut, Text
from callcenter.foundation.web import In, Out
from callcenter.tasks.states import TaskResult


class CloseIn(In):
    result: TaskResult
    note: Annotated[Text, Field(max_length=500)] | None = None


class StepOut(Out):
    node: str
    key: str


class AttemptOut(Out):
    at: IsoTime
    by: str
    result: str


class TaskOut(Out):
    id: str
    kind: str
    due_at: IsoTime
    created_at: IsoTime
    state: str
    owner: NamedOut | None
    number: NumberOut
    customer: NamedOut | None
    journey_id: str
    recording_id: str | None
    """Of the message, for `/recordings/{id}/audio`."""
    lost_at: IsoTime
    waited_seconds: int | None
    where: str
    steps: list[StepOut]
    calls_today: int
    open_orders: int
    attempts: list[AttemptOut]
    note: str | None


class RevealedOut(Out):
    number: str


class TasksOut(Out):
    items: list[TaskOut]
