"""The ledger: facts in one envelope, appended in the transaction that makes them true.

The position is given as the last statement of the writing transaction (`UPDATE … RETURNING` holds the row's lock
until the commit), so positions have no gaps and their order is the order of commits. The table is the truth;
other processes are only woken (`bus.py`) and read what they have not seen (`follower.py`).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, bindparam, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.clock import iso
from callcenter.foundation.database import Base
from callcenter.foundation.ids import new_id
from callcenter.foundation.leases import STANDS, Fence, LostLease
from callcenter.foundation.statements import run, table_of

STREAM = "facts"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that has become true: `type` in past tense (`work_order.confirmed`), `subject` as `kind:id`."""

    type: str
    subject: str
    data: dict[str, Any] = field(default_factory=dict)
    actor: str = "system"
    pbx_at: datetime | None = None
    v: int = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact with its place in the ledger."""

    position: int
    id: uuid.UUID
    at: datetime
    fact: Fact

    def envelope(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "position": self.position,
            "type": self.fact.type,
            "v": self.fact.v,
            "at": iso(self.at),
            "pbx_at": iso(self.fact.pbx_at),
            "subject": self.fact.subject,
            "actor": self.fact.actor,
            "data": self.fact.data,
        }


class StreamHead(Base):
    __tablename__ = "stream_heads"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class FactRow(Base):
    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_subject_position", "subject", "position"),)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[uuid.UUID] = mapped_column(unique=True)
    type: Mapped[str] = mapped_column(String(80))
    v: Mapped[int]
    at: Mapped[datetime]
    pbx_at: Mapped[datetime | None]
    subject: Mapped[str] = mapped_column(String(120))
    actor: Mapped[str] = mapped_column(String(120))
    data: Mapped[dict[str, Any]]


_HEADS = table_of(StreamHead)
_INSERT = insert(table_of(FactRow))
_CLAIM = (
    update(_HEADS)
    .where(_HEADS.c.name == STREAM)
    .values(last=_HEADS.c.last + bindparam("count"))
    .returning(_HEADS.c.last)
)
_FENCED_CLAIM = _CLAIM.where(exists(select(STANDS.cte("fence").c.name)))


async def append(
    session: AsyncSession, facts: Sequence[Fact], at: datetime, fence: Fence | None = None
) -> list[Recorded]:
    """Write `facts` behind the present end of the ledger; call it last in the transaction.

    With a fence, one statement checks it, keeps it standing until the commit and claims the positions; `LostLease`
    if it has fallen.
    """
    if not facts:
        if fence is not None:
            await _check(session, fence)
        return []
    claim, parameters = (_FENCED_CLAIM, fence.parameters()) if fence is not None else (_CLAIM, {})
    rows = await run(session, claim, {"count": len(facts), **parameters})
    last: int = rows[0][0] if rows else await _first_claim(session, len(facts), fence)
    first = last - len(facts) + 1
    recorded = [Recorded(first + n, new_id(), at, fact) for n, fact in enumerate(facts)]
    await run(
        session,
        _INSERT,
        [
            {
                "position": r.position,
                "id": r.id,
                "type": r.fact.type,
                "v": r.fact.v,
                "at": r.at,
                "pbx_at": r.fact.pbx_at,
                "subject": r.fact.subject,
                "actor": r.fact.actor,
                "data": r.fact.data,
            }
            for r in recorded
        ],
    )
    return recorded


async def _check(session: AsyncSession, fence: Fence) -> None:
    if await session.scalar(fence.stands()) is None:
        raise LostLease(fence.name)


async def _first_claim(session: AsyncSession, count: int, fence: Fence | None) -> int:
    """The fence has fallen, or the stream has no row yet: then two writers may come with its first fact at once."""
    if fence is not None:
        await _check(session, fence)
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    first = dialect.insert(StreamHead).values(name=STREAM, last=count)
    claim = first.on_conflict_do_update(
        index_elements=[StreamHead.name], set_={"last": StreamHead.last + first.excluded.last}
    )
    last: int = (await session.execute(claim.returning(StreamHead.last))).scalar_one()
    return last


async def last_position(session: AsyncSession) -> int:
    found = await session.scalar(select(StreamHead.last).where(StreamHead.name == STREAM))
    return found or 0


async def read_since(session: AsyncSession, position: int, limit: int = 500) -> list[Recorded]:
    """Facts after `position`, oldest first."""
    rows = await session.scalars(
        select(FactRow).where(FactRow.position > position).order_by(FactRow.position).limit(limit)
    )
    return [
        Recorded(
            row.position,
            row.id,
            row.at,
            Fact(row.type, row.subject, row.data, row.actor, row.pbx_at, row.v),
        )
        for row in rows
    ]
