"""Tables of tasks."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base


class Task(Base):
    """Something owed to a household. `journey_id` is data; `number` is E.164 or short, None if withheld."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_state_due_at", "state", "due_at"),
        Index("ix_tasks_number_state", "number", "state"),
        Index("ix_tasks_journey_id", "journey_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12))
    cause: Mapped[str] = mapped_column(String(40))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    number: Mapped[str | None] = mapped_column(String(24))
    callable: Mapped[bool]
    """False for a withheld number: people see the loss, but nobody can call back."""
    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"))
    journey_id: Mapped[uuid.UUID]
    """The latest lost call."""
    recording_id: Mapped[str | None] = mapped_column(String(32))
    """The message that is to be heard; data, like `journey_id`."""
    lost_at: Mapped[datetime]
    waited_seconds: Mapped[int | None]
    lost_where: Mapped[str] = mapped_column(String(8))
    steps: Mapped[list[Any]]
    calls_today: Mapped[int]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closing_fact: Mapped[str | None] = mapped_column(String(16))
    result: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(String(500))


class TaskAttempt(Base):
    """One try to reach the household."""

    __tablename__ = "task_attempts"
    __table_args__ = (Index("ix_task_attempts_task_id", "task_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tasks.id"))
    at: Mapped[datetime]
    by_user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    result: Mapped[str] = mapped_column(String(16))
