"""The firms that take orders. Grants, credit and their own sign-in come with dispatch."""

import uuid

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base


class Franchisee(Base):
    """`status` is active, suspended or ended; `zones` is what the contract says, in words."""

    __tablename__ = "franchisees"
    __table_args__ = (UniqueConstraint("licence"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    licence: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(12))
    zones: Mapped[str] = mapped_column(String(300))
