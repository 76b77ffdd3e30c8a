"""The ledger of calls: a journey, and row by row what happened in it. Written by `store.py` alone.

Child rows are keyed (journey, n) in the order in which things happened. What the machine needs to go on after a
restart is in `Journey.memory` and cleared when the journey ends.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base


class JourneyRow(Base):
    __tablename__ = "journeys"
    __table_args__ = (
        UniqueConstraint("pbx", "linkedid"),
        Index("ix_journeys_started_at_id", "started_at", "id"),
        Index("ix_journeys_number_started_at", "number", "started_at"),
        Index("ix_journeys_number_end", "number_end", "started_at"),
        Index("ix_journeys_outcome", "outcome", "started_at"),
        Index("ix_journeys_open", "pbx", "ended_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    pbx: Mapped[str] = mapped_column(String(32))
    linkedid: Mapped[str] = mapped_column(String(150))
    direction: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(16))
    caller: Mapped[str] = mapped_column(String(80))
    """As the network sent it; hostile text. `number` is what it stands for."""
    number: Mapped[str | None] = mapped_column(String(20))
    number_end: Mapped[str | None] = mapped_column(String(4))
    """The last four digits of `number`: what people remember of one, found by index."""
    caller_name: Mapped[str] = mapped_column(String(80))
    dialled: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    estimated: Mapped[bool]
    """The end is."""
    estimates: Mapped[list[Any] | None]
    """Guessed moments, ISO 8601 with microseconds: any time of the journey that equals one is an estimate."""
    outcome: Mapped[str | None] = mapped_column(String(20))
    hangup_by: Mapped[str | None] = mapped_column(String(10))
    queue: Mapped[str | None] = mapped_column(String(80))
    waited_seconds: Mapped[float]
    talk_seconds: Mapped[float]
    hold_seconds: Mapped[float]
    memory: Mapped[dict[str, Any] | None]


class JourneyNote(Base):
    """What people add to a journey; apart from the row that only the engine writes."""

    __tablename__ = "journey_notes"

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    disposition: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(500))
    disposed_at: Mapped[datetime | None]
    disposed_by: Mapped[str | None] = mapped_column(String(120))
    order_id: Mapped[uuid.UUID | None]


class IvrStepRow(Base):
    __tablename__ = "ivr_steps"

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    node: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(80))


class QueueVisitRow(Base):
    __tablename__ = "queue_visits"
    __table_args__ = (Index("ix_queue_visits_joined_at", "joined_at"),)

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    wait_seconds: Mapped[float]
    """0 while the visit lasts; kept so that figures are sums in the database."""
    outcome: Mapped[str | None] = mapped_column(String(16))


class RingAttemptRow(Base):
    __tablename__ = "ring_attempts"

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(String(150))
    agent: Mapped[str] = mapped_column(String(150))
    member_name: Mapped[str] = mapped_column(String(80))
    queue: Mapped[str] = mapped_column(String(80))
    ringing_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))


class AgentLegRow(Base):
    __tablename__ = "agent_legs"
    __table_args__ = (Index("ix_agent_legs_agent_from_at", "agent", "from_at"),)

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(String(150))
    agent: Mapped[str] = mapped_column(String(150))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    talk_seconds: Mapped[float]
    hold_seconds: Mapped[float]


class HoldRow(Base):
    __tablename__ = "holds"

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(String(150))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]


class ConsultRow(Base):
    __tablename__ = "consults"

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(String(150))
    to: Mapped[str] = mapped_column(String(80))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]


class TransferRow(Base):
    __tablename__ = "transfers"

    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(150))
    to: Mapped[str] = mapped_column(String(80))
    completed: Mapped[bool]


class RecordingRow(Base):
    """A recording, registered when it starts. The id cannot be guessed; the path is relative to the PBX's folder."""

    __tablename__ = "recordings"
    __table_args__ = (UniqueConstraint("journey_id", "uniqueid", "kind"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"), index=True)
    pbx: Mapped[str] = mapped_column(String(32))
    uniqueid: Mapped[str] = mapped_column(String(150))
    started_at: Mapped[datetime]
    path: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10), default="call", server_default="call")
    """`call`, or `voicemail` for a message (registered when it is told)."""


class ScreenPopRow(Base):
    """One ring of one agent's device, as shown to that agent: sent until seen or withdrawn."""

    __tablename__ = "screen_pops"
    __table_args__ = (
        UniqueConstraint("journey_id", "line"),
        Index("ix_screen_pops_agent_withdrawn", "agent_id", "withdrawn_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    journey_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("journeys.id"))
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id"))
    line: Mapped[str] = mapped_column(String(150))
    channel: Mapped[str] = mapped_column(String(150))
    queue: Mapped[str] = mapped_column(String(80))
    waited_seconds: Mapped[float]
    ringing_at: Mapped[datetime]
    """PBX time."""
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    cause: Mapped[str | None] = mapped_column(String(20))


class PbxLife(Base):
    """The token that the PBX's present life carries in a global variable (DESIGN.md §3.4)."""

    __tablename__ = "pbx_lives"

    pbx: Mapped[str] = mapped_column(String(32), primary_key=True)
    token: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    last_event_at: Mapped[datetime]
    """How far the ledger has seen: what ended during a gap ended between this and the sweep."""


class CelBookmark(Base):
    """How far the PBX's CEL file is in the ledger: the file by its inode, since it may be renamed."""

    __tablename__ = "cel_bookmarks"

    pbx: Mapped[str] = mapped_column(String(32), primary_key=True)
    inode: Mapped[str] = mapped_column(String(20))
    offset: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
