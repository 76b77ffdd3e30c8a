"""Timers that survive restarts: rows keyed (subject, entry_seq, code).

Each entry to a state arms timers with its own `entry_seq`, so a re-entered state has fresh timers and an old one
that still fires finds its entry gone. A handler re-reads the state in its transaction before it acts. What fell due
while nobody ran fires once, late, at the next start (domain.md §4.4, invariants 3 and 4).

A timer armed in the future was armed by a clock that was ahead and has been set back since: it keeps its length, not
its hour. Else an agent would wrap up for an hour because the clock was wrong for a minute.
"""

import asyncio
import itertools
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation import logs
from callcenter.foundation.database import Base
from callcenter.foundation.ids import new_id
from callcenter.foundation.leases import LostLease
from callcenter.foundation.statements import insert_or_update, run, table_of
from callcenter.foundation.transactions import Ledger, Transaction

BATCH = 50
TURNS_BETWEEN_LOOKS = 20
CLOCK_STEP = timedelta(seconds=30)
"""By so much the clocks of several machines may differ without a timer being taken for one of the future."""


class TimerRow(Base):
    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("subject", "entry_seq", "code"),
        Index("ix_timers_due", "ended_at", "due_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(120))
    entry_seq: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    armed_at: Mapped[datetime | None]
    """None for timers armed before this was kept."""
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """Fired or cancelled."""


TimerHandler = Callable[[Transaction, TimerRow], Awaitable[None]]


_TIMERS = table_of(TimerRow)
_ARM = insert_or_update(
    _TIMERS,
    ("subject", "entry_seq", "code"),
    {name: itemgetter(name) for name in ("armed_at", "due_at", "fired_at", "ended_at")},
)
_CANCEL = update(_TIMERS).where(_TIMERS.c.subject == bindparam("_subject"), _TIMERS.c.ended_at.is_(None))
_CANCEL_ONE = _CANCEL.where(_TIMERS.c.code == bindparam("_code"))
_DUE = (
    select(_TIMERS.c.id)
    .where(_TIMERS.c.ended_at.is_(None), _TIMERS.c.due_at <= bindparam("now"))
    .order_by(_TIMERS.c.due_at)
    .limit(BATCH)
)


async def arm(tx: Transaction, *, subject: str, entry_seq: int, code: str, due_at: datetime) -> None:
    """Set the timer, or move it if it is set already."""
    key = {"id": new_id(), "subject": subject, "entry_seq": entry_seq, "code": code}
    await run(tx.session, _ARM, {**key, "armed_at": tx.now, "due_at": due_at, "fired_at": None, "ended_at": None})


async def cancel(tx: Transaction, *, subject: str, code: str | None = None) -> None:
    """End the running timers of a subject (all, or those of one code)."""
    ended = {"_subject": subject, "ended_at": tx.now}
    if code is None:
        await run(tx.session, _CANCEL, ended)
    else:
        await run(tx.session, _CANCEL_ONE, {**ended, "_code": code})


class TimerLoop:
    """Fires due timers. Runs in one process: `leases.while_ours`, with the ledger fenced by that lease."""

    def __init__(self, ledger: Ledger, handlers: Mapping[str, TimerHandler], every_seconds: float = 0.5) -> None:
        self._ledger = ledger
        self._handlers = handlers
        self._every_seconds = every_seconds
        self._log = logs.get("timers")

    async def run(self) -> None:
        """Until cancelled, or until the duty is lost."""
        for turn in itertools.count():
            try:
                if turn % TURNS_BETWEEN_LOOKS == 0:
                    await self.set_right()
                await self.run_once()
            except LostLease:
                return
            except Exception:
                # As in the outbox: the rows are still there when the database is back.
                self._log.exception("timer_pass_failed")
            await asyncio.sleep(self._every_seconds)

    async def set_right(self) -> int:
        """Move the timers that a clock ahead of ours has armed, so that they keep their length; how many."""
        astray = TimerRow.ended_at.is_(None), TimerRow.armed_at > self._ledger.clock.now() + CLOCK_STEP
        async with self._ledger.reading() as session:
            if await session.scalar(select(TimerRow.id).where(*astray).limit(1)) is None:
                return 0
        async with self._ledger.transaction() as tx:
            found = list(await tx.session.scalars(select(TimerRow).where(*astray).with_for_update()))
            for timer in found:
                assert timer.armed_at is not None
                timer.due_at, timer.armed_at = tx.now + (timer.due_at - timer.armed_at), tx.now
        self._log.warning("timers_set_right", timers=len(found))
        return len(found)

    async def run_once(self) -> int:
        """Fire what is due, each timer in a transaction of its own; how many fired."""
        due = [row.id for row in await self._ledger.look(self._due)]
        for timer_id in due:
            try:
                await self._ledger.in_one_go(partial(self._fire, timer_id))
            except LostLease:
                raise
            except Exception:
                # One timer that cannot be handled must not hold up all that are due after it.
                self._log.exception("timer_failed", timer=str(timer_id))
        return len(due)

    async def _due(self, session: AsyncSession) -> Sequence[Any]:
        return await run(session, _DUE, {"now": self._ledger.clock.now()})

    async def _fire(self, timer_id: uuid.UUID, tx: Transaction) -> None:
        timer = await tx.session.get(TimerRow, timer_id, with_for_update=True)
        if timer is None or timer.ended_at is not None:
            return
        timer.fired_at = timer.ended_at = tx.now
        await tx.session.flush()  # before the handler, who may set this very timer again
        handler = self._handlers.get(timer.code)
        if handler is None:
            self._log.error("timer_without_handler", code=timer.code)
            return
        await handler(tx, timer)
