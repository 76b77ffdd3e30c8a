"""Tables of intakes and of what agents have typed but not saved."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base


class Intake(Base):
    """One contact that asks for something. `journey_id` is data: calls are another feature.

    `state`: `answered` while work orders or people go on with it, `closed` when the contact itself settled it.
    """

    __tablename__ = "intakes"
    __table_args__ = (
        Index("ix_intakes_customer_id", "customer_id", "created_at"),
        Index("ix_intakes_journey_id", "journey_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(12))
    journey_id: Mapped[uuid.UUID | None]
    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"))
    text: Mapped[str] = mapped_column(String(1000))
    state: Mapped[str] = mapped_column(String(12))
    disposition: Mapped[str | None] = mapped_column(String(40))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]


class Draft(Base):
    """An unsaved order form of one agent in one call. The browser's content, never trusted, never interpreted."""

    __tablename__ = "drafts"

    journey_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    form: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
