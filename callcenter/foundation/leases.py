"""Leases: one holder of a duty at a time (owner of a PBX's link, timers, outbox), across processes and machines.

No wall clock takes part, neither ours nor the database's. The holder adds to `beat`; who wants the duty takes it when
the row has not changed for so many seconds of its own steady clock, by compare and swap, and `epoch` grows by one.
Every transaction of a duty checks (holder, epoch) in itself and locks the row until its commit (`Fence`): whoever
has lost the duty writes nothing more, however long it was frozen and whatever it still believes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Select, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base
from callcenter.foundation.statements import table_of
from callcenter.foundation.this_process import steady_seconds

FREE = ""


class LeaseRow(Base):
    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    """"" once it was given back."""
    epoch: Mapped[int] = mapped_column(BigInteger)
    beat: Mapped[int] = mapped_column(BigInteger)
    said: Mapped[dict[str, Any]]
    """What the holder tells of its duty, for health pages of other processes."""


class LostLease(Exception):
    """Somebody else has the duty now; nothing was written."""


_ROWS = table_of(LeaseRow).c
STANDS: Select[str] = (
    select(_ROWS.name)
    .where(
        _ROWS.name == bindparam("fence_name"),
        _ROWS.holder == bindparam("fence_holder"),
        _ROWS.epoch == bindparam("fence_epoch"),
    )
    .with_for_update(read=True)
)
"""What `Fence.stands` asks; made once, since every batch of calls asks it."""


@dataclass(frozen=True, slots=True)
class Fence:
    """One tenure of one holder. A transaction that bears it is written only while the tenure lasts."""

    name: str
    holder: str
    epoch: int

    def stands(self) -> Select[str]:
        """One row while the tenure lasts, locked (where rows can be) so that nobody takes over before our commit."""
        return STANDS.params(self.parameters())

    def parameters(self) -> dict[str, str | int]:
        """For `STANDS` as a part of another statement."""
        return {"fence_name": self.name, "fence_holder": self.holder, "fence_epoch": self.epoch}


@dataclass(frozen=True, slots=True)
class Sight:
    """A lease as it was last read: whose it is, and whether its beat still goes on."""

    holder: str
    alive: bool
    said: dict[str, Any]


NOBODY = Sight(FREE, False, {})


@dataclass(eq=False)
class Lease:
    """A duty as this process sees it; `LeaseKeeper` keeps it true."""

    name: str
    holder: str
    """This process."""
    says: Callable[[], dict[str, Any]] = dict
    """Asked at each beat."""
    clock: Callable[[], float] = steady_seconds
    epoch: int = 0
    sure_until: float = 0.0
    sight: Sight = NOBODY
    _ours: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_ours(self) -> bool:
        """As far as we know. Enough for what the fence checks again, not for acting outside the database."""
        return self._ours

    @property
    def may_act(self) -> bool:
        """Nobody else can have taken the duty by now, even if we cannot reach the database."""
        return self._ours and self.clock() < self.sure_until

    def fence(self) -> Fence:
        """The tenure under which we write now; `LostLease` without one."""
        if not self._ours:
            raise LostLease(self.name)
        return Fence(self.name, self.holder, self.epoch)

    def taken(self, epoch: int, sure_until: float) -> None:
        self.epoch, self.sure_until, self._ours = epoch, sure_until, True
        self.sight = Sight(self.holder, True, {})
        self._tell()

    def lose(self, epoch: int) -> None:
        """That tenure is over; told by whoever finds out first."""
        if self._ours and self.epoch == epoch:
            self._ours = False
            self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def ours(self, ours: bool = True) -> None:
        """Wait until the duty is ours, or is not."""
        while self._ours is not ours:
            await self._changed.wait()


async def while_ours(lease: Lease, work: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled: run `work` in each of our tenures; it is cancelled, and waited for, when one ends."""
    while True:
        await lease.ours()
        epoch = lease.epoch
        working = asyncio.ensure_future(work())
        ending = asyncio.ensure_future(_end_of(lease, epoch))
        try:
            await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in (working, ending):
                job.cancel()
            await asyncio.gather(working, ending, return_exceptions=True)
        if not working.cancelled() and (fault := working.exception()) is not None and lease.epoch == epoch:
            raise fault


async def _end_of(lease: Lease, epoch: int) -> None:
    while lease.is_ours and lease.epoch == epoch:
        await lease._changed.wait()
