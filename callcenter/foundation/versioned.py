"""One pattern for what is published in versions: price books, zones, prompts, policies.

draft → published → retired, with a half-open valid range. Publishing may need a second person (domain.md §4.10).
"""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import String, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.errors import Refused


class VersionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Versioned:
    """Columns and rules for a row that is a version of something."""

    version: Mapped[str] = mapped_column(String(40))
    version_state: Mapped[str] = mapped_column(String(16), default=VersionState.DRAFT)
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    drafted_by: Mapped[str] = mapped_column(String(120), default="system")
    published_by: Mapped[str | None] = mapped_column(String(120))

    def publish(self, *, by: str, valid_from: datetime, two_persons: bool) -> None:
        """Draft → published. `Refused` if it is no draft, or if one person does what needs two."""
        if self.version_state != VersionState.DRAFT:
            raise Refused("version_not_draft", state=self.version_state)
        if two_persons and by == self.drafted_by:
            raise Refused("second_person_needed")
        self.version_state, self.published_by, self.valid_from = VersionState.PUBLISHED, by, valid_from

    def retire(self, *, valid_to: datetime) -> None:
        """Published → retired."""
        if self.version_state != VersionState.PUBLISHED:
            raise Refused("version_not_published", state=self.version_state)
        self.version_state, self.valid_to = VersionState.RETIRED, valid_to


V = TypeVar("V", bound=Versioned)


async def in_force(session: AsyncSession, kind: type[V], at: datetime) -> V | None:
    """The version of that table that was valid at `at`; None if none was."""
    found: V | None = await session.scalar(
        select(kind)
        .where(
            kind.version_state != VersionState.DRAFT,
            kind.valid_from <= at,
            or_(kind.valid_to.is_(None), kind.valid_to > at),
        )
        .order_by(kind.valid_from.desc())
        .limit(1)
    )
    return found
