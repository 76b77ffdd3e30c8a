"""Seats, the queues they serve, and their presence."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.agents.queue_times import MOST_WAIT_SECONDS, RING_SECONDS
from callcenter.foundation.database import Base


def interface_of(number: str) -> str:
    """The desk telephone of a seat; the browser's device comes beside it, with the same member name."""
    return f"PJSIP/{number}"


class Queue(Base):
    """One queue per line and language; rendered into the PBX's configuration."""

    __tablename__ = "queues"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    label: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(8))
    ring_seconds: Mapped[int] = mapped_column(default=RING_SECONDS)
    most_wait_seconds: Mapped[int] = mapped_column(default=MOST_WAIT_SECONDS)
    duty_phone: Mapped[str | None] = mapped_column(String(12))
    """Rung when nobody serves the queue: a seat's number, or one of the city as it is dialled."""


class Agent(Base):
    __tablename__ = "agents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(5), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), unique=True)
    sip_secret: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(default=True)
    queues: Mapped[list["AgentQueue"]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    @property
    def interface(self) -> str:
        return interface_of(self.number)


class AgentQueue(Base):
    __tablename__ = "agent_queues"

    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    queue: Mapped[str] = mapped_column(ForeignKey("queues.name"), primary_key=True)
    penalty: Mapped[int] = mapped_column(default=0)
    """Skill level: 0 is served first."""


class Presence(Base):
    __tablename__ = "presences"

    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    """When wrap-up ends by itself, or when a pause is meant to be over."""
    entry_seq: Mapped[int] = mapped_column(default=0)
    next_person: Mapped[str | None] = mapped_column(String(16))
    """Chosen during a call or wrap-up, done after it."""
    next_reason: Mapped[str | None] = mapped_column(String(40))
    line: Mapped[str] = mapped_column(String(16))
    line_since: Mapped[datetime]
    journey_id: Mapped[uuid.UUID | None]
    """The journey on the line, or the one being wrapped up."""
    channel_id: Mapped[str | None] = mapped_column(String(64))
    """Unique id of the agent's channel while the line is not free."""
    phone_registered: Mapped[bool] = mapped_column(default=False)
