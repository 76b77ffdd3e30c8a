"""Tables of texts."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base


class SmsState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # handed to the gateway, answer not yet known
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"  # perhaps sent; a person looks


class SmsMessage(Base):
    """One text. `number` is the household's side, E.164 or short."""

    __tablename__ = "sms_messages"
    __table_args__ = (
        Index("ix_sms_messages_order_id", "order_id"),
        Index("ix_sms_messages_number", "number", "created_at"),
        Index("ix_sms_messages_provider_id", "provider", "provider_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(3))
    number: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(String(1600))
    template: Mapped[str | None] = mapped_column(String(40))
    locale: Mapped[str] = mapped_column(String(8))
    segments: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    provider: Mapped[str | None] = mapped_column(String(20))
    provider_id: Mapped[str | None] = mapped_column(String(80))
    error_code: Mapped[str | None] = mapped_column(String(60))
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("work_orders.id"))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
