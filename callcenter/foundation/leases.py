"""Leases: one holder of a duty at a time (timer leader, owner of a PBX's AMI link), across processes."""

from datetime import datetime, timedelta

from sqlalchemy import String, or_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base
from callcenter.foundation.transactions import Ledger


class LeaseRow(Base):
    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]


async def take(ledger: Ledger, *, name: str, holder: str, seconds: float) -> bool:
    """Take or renew the lease; false while somebody else holds it."""
    try:
        async with ledger.transaction() as tx:
            until = tx.now + timedelta(seconds=seconds)
            claim = (
                update(LeaseRow)
                .where(LeaseRow.name == name, or_(LeaseRow.holder == holder, LeaseRow.until <= tx.now))
                .values(holder=holder, until=until)
                .returning(LeaseRow.name)
            )
            if (await tx.session.execute(claim)).scalar_one_or_none() is not None:
                return True
            if await tx.session.get(LeaseRow, name) is not None:
                return False
            tx.session.add(LeaseRow(name=name, holder=holder, until=until))
            await tx.session.flush()
            return True
    except IntegrityError:  # another process was first
        return False


async def give_back(ledger: Ledger, *, name: str, holder: str) -> None:
    async with ledger.transaction() as tx:
        await tx.session.execute(
            update(LeaseRow).where(LeaseRow.name == name, LeaseRow.holder == holder).values(until=tx.now)
        )
