"""What recovery keeps: how far the PBX's queue_log is read, and what was mended."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base


class QueueLogBookmark(Base):
    """How far the PBX's queue_log is in the ledger: the file by its inode, since it may be renamed."""

    __tablename__ = "queue_log_bookmarks"

    pbx: Mapped[str] = mapped_column(String(32), primary_key=True)
    inode: Mapped[str] = mapped_column(String(20))
    offset: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class RepairRow(Base):
    """One thing that was not as we believed, and was mended. `found_by`: see `telephony.repairs`."""

    __tablename__ = "repairs"
    __table_args__ = (Index("ix_repairs_at", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    pbx: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(40))
    found_by: Mapped[str] = mapped_column(String(16))
    journey_id: Mapped[uuid.UUID | None]
    """No foreign key: a call that was consultation only has a row that goes away."""
    subject: Mapped[str] = mapped_column(String(150))
    """The agent's number or the queue's member; empty for a journey. Never a household's number."""
