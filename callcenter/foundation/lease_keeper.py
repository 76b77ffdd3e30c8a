"""The one task of a process that keeps its leases, and takes those of others once they are dead.

The holder's rule: after a beat that began at `t` nobody else can have the duty before `t + seconds`. The rule of the
others: the same (epoch, beat) seen over `seconds` and a margin, each on its own steady clock; or the holder ran on
this machine and is gone; or the lease was given back. A database that is away changes no tenure, but ends `may_act`.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from callcenter.foundation import logs
from callcenter.foundation.leases import FREE, Lease, LeaseRow, Sight
from callcenter.foundation.this_process import has_died, shown_name, steady_seconds
from callcenter.foundation.transactions import Ledger

MARGIN = 0.1
"""Clocks of two machines may run at slightly different speeds."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`seconds` without a beat end a tenure; `beat`: between two of ours; `look`: between two looks at others'."""

    seconds: float
    beat: float
    look: float


SHARED = Pace(seconds=2.0, beat=0.4, look=0.25)
ALONE = Pace(seconds=10.0, beat=3.0, look=0.5)
"""SQLite: normally one process, and each beat is a disk write of the one writer."""


@dataclass(slots=True)
class _Seen:
    epoch: int
    beat: int
    since: float


class LeaseKeeper:
    """See the module's text. `clock` is another one in tests."""

    def __init__(
        self, ledger: Ledger, holder: str, pace: Pace | None = None, clock: Callable[[], float] = steady_seconds
    ) -> None:
        self._ledger = ledger
        self._holder = holder
        self._pace = pace or (ALONE if ledger.database.is_sqlite else SHARED)
        self._clock = clock
        self._leases: dict[str, Lease] = {}
        self._seen: dict[str, _Seen] = {}
        self._beat_due = 0.0
        self._log = logs.get("leases")

    def lease(self, name: str) -> Lease:
        """The duty `name`, wanted from now on."""
        made = self._leases[name] = Lease(name, self._holder, clock=self._clock)
        return made

    async def run(self) -> None:
        """Until cancelled. Call `give_back` once the duties' work has ended."""
        while True:
            try:
                await self.turn()
            except Exception:
                # The database is away: whether we still have our duties is told when it is back.
                self._log.exception("leases_not_kept")
            await asyncio.sleep(min(self._pace.look, self._pace.beat))

    async def turn(self) -> None:
        """One beat for what is ours if it is due, one look at the rest."""
        now = self._clock()
        ours = [lease for lease in self._leases.values() if lease.is_ours]
        if ours and now >= self._beat_due:
            await self._beat(ours, now)
            self._beat_due = now + self._pace.beat * 0.9
        others = [lease for lease in self._leases.values() if not lease.is_ours]
        if others:
            await self._look(others)

    async def _beat(self, ours: list[Lease], started: float) -> None:
        kept: dict[str, dict[str, object]] = {}
        async with self._ledger.transaction() as tx:
            for lease in sorted(ours, key=lambda each: each.name):
                said = lease.says()
                mine = (LeaseRow.name == lease.name, LeaseRow.holder == self._holder, LeaseRow.epoch == lease.epoch)
                beat = update(LeaseRow).where(*mine).values(beat=LeaseRow.beat + 1, said=said)
                if (await tx.session.execute(beat.returning(LeaseRow.name))).scalar_one_or_none() is not None:
                    kept[lease.name] = said
        for lease in ours:
            if lease.name in kept:
                lease.sure_until = started + self._pace.seconds
                lease.sight = Sight(self._holder, True, kept[lease.name])
            else:
                self._log.error("lease_lost", lease=lease.name)
                lease.lose(lease.epoch)

    async def _look(self, others: list[Lease]) -> None:
        started = self._clock()
        async with self._ledger.reading() as session:
            names = [lease.name for lease in others]
            rows = {row.name: row for row in await session.scalars(select(LeaseRow).where(LeaseRow.name.in_(names)))}
        now = self._clock()
        for lease in others:
            row = rows.get(lease.name)
            if row is None or self._is_free(row, started, now, lease):
                await self._take(lease, row)

    def _is_free(self, row: LeaseRow, started: float, now: float, lease: Lease) -> bool:
        seen = self._seen.get(row.name)
        if seen is None or (seen.epoch, seen.beat) != (row.epoch, row.beat):
            seen = self._seen[row.name] = _Seen(row.epoch, row.beat, now)
        dead = row.holder == FREE or has_died(row.holder)
        silent = started - seen.since >= self._pace.seconds + MARGIN
        lease.sight = Sight(row.holder, not (dead or silent), row.said)
        return dead or silent

    async def _take(self, lease: Lease, row: LeaseRow | None) -> None:
        started = self._clock()
        async with self._ledger.transaction() as tx:
            if row is None:
                dialect = sqlite if self._ledger.database.is_sqlite else postgresql
                first = dialect.insert(LeaseRow).values(
                    name=lease.name, holder=self._holder, epoch=1, beat=0, said={}
                )
                claim = first.on_conflict_do_nothing().returning(LeaseRow.epoch)
                epoch = (await tx.session.execute(claim)).scalar_one_or_none()
            else:
                as_seen = (LeaseRow.name == row.name, LeaseRow.epoch == row.epoch, LeaseRow.beat == row.beat)
                swap = update(LeaseRow).where(*as_seen).values(holder=self._holder, epoch=row.epoch + 1, beat=0)
                epoch = (await tx.session.execute(swap.returning(LeaseRow.epoch))).scalar_one_or_none()
        if epoch is None:
            return  # somebody else was faster, or the holder lives after all
        before = shown_name(row.holder) if row is not None else FREE
        self._log.info("lease_taken", lease=lease.name, epoch=epoch, before=before)
        lease.taken(epoch, started + self._pace.seconds)

    async def give_back(self) -> None:
        """What is ours is free at once; a database that is away keeps it until it runs out."""
        ours = [lease for lease in self._leases.values() if lease.is_ours]
        with contextlib.suppress(Exception):
            async with self._ledger.transaction() as tx:
                for lease in ours:
                    mine = (LeaseRow.name == lease.name, LeaseRow.holder == self._holder)
                    epoch = LeaseRow.epoch == lease.epoch
                    await tx.session.execute(update(LeaseRow).where(*mine, epoch).values(holder=FREE))
        for lease in ours:
            lease.lose(lease.epoch)
