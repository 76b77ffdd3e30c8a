"""Tables of the zones: published versions, each with a tree of its own."""

import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base
from callcenter.foundation.versioned import Versioned


class ZoneVersion(Versioned, Base):
    """One version of the whole tree; publishing needs two persons (domain.md §4.10)."""

    __tablename__ = "zone_versions"
    __table_args__ = (UniqueConstraint("version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class Zone(Base):
    """A node of the tree. `code` stays the same over versions; `outer` marks zones with far surcharge."""

    __tablename__ = "zones"
    __table_args__ = (
        UniqueConstraint("zone_version_id", "code"),
        Index("ix_zones_parent_id", "parent_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    zone_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("zone_versions.id"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("zones.id"))
    code: Mapped[str] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(60))
    aliases: Mapped[list[Any]]
    outer: Mapped[bool] = mapped_column(default=False)
