"""Who looked at or changed what is protected: reveals of numbers, plays of recordings, sign-ins, permissions."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base
from callcenter.foundation.ids import new_id
from callcenter.foundation.transactions import Transaction


class AuditRow(Base):
    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_subject", "subject", "at"),
        Index("ix_audit_log_actor", "actor", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(200))
    origin: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]


def note(
    tx: Transaction,
    *,
    actor: str,
    action: str,
    subject: str,
    reason: str | None = None,
    origin: str | None = None,
    **data: Any,
) -> None:
    """Add a line to the audit log in the transaction of the act itself."""
    tx.session.add(
        AuditRow(
            id=new_id(),
            at=tx.now,
            actor=actor,
            action=action,
            subject=subject,
            reason=reason,
            origin=origin,
            data=data,
        )
    )


async def was_noted(tx: Transaction, actor: str, action: str, subject: str, *, within: timedelta) -> bool:
    """Whether this act of this person stands in the log since `within` before now."""
    found = await tx.session.scalar(
        select(AuditRow.id)
        .where(AuditRow.subject == subject, AuditRow.at > tx.now - within)
        .where(AuditRow.actor == actor, AuditRow.action == action)
        .limit(1)
    )
    return found is not None
