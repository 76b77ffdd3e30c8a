"""Commands to the process that has a duty, from processes that have not: a row with a deadline and an outcome.

All times are the database's, so the clocks of two machines may differ. The asker waits a short while; then it takes
its command back. That fails only if the holder has begun: its effect may come, and nobody knows (`unknown`). A row
that was begun is never begun again.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation import logs
from callcenter.foundation.bus import COMMANDS, OUTCOMES, Bus
from callcenter.foundation.database import Base
from callcenter.foundation.ids import new_id
from callcenter.foundation.leases import Lease, LostLease
from callcenter.foundation.transactions import Ledger

WAIT_SECONDS = 3.0
"""A person waits for it; a telephone that rang three seconds ago may be another one by now."""
BEGUN_SECONDS = 6.0
"""How long an asker waits for the outcome of what has begun: longer than the PBX has for its answer."""
LOOK_SECONDS = 0.25
KEEP = timedelta(days=1)


class CommandState(StrEnum):
    WAITING = "waiting"
    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    """It had no effect; `outcome` says why."""
    UNKNOWN = "unknown"


class RelayedCommand(Base):
    __tablename__ = "relayed_commands"
    __table_args__ = (Index("ix_relayed_commands_waiting", "duty", "state"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    duty: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))
    begun_by: Mapped[str] = mapped_column(String(80))


@dataclass(frozen=True, slots=True)
class Outcome:
    state: CommandState
    why: str = ""


Carry = Callable[[str, dict[str, Any]], Awaitable[Outcome]]


async def _database_now(session: AsyncSession, ledger: Ledger) -> datetime:
    """SQLite has no clock but that of its one machine."""
    if ledger.database.is_sqlite:
        return ledger.clock.now()
    now = await session.scalar(select(func.clock_timestamp()))
    assert isinstance(now, datetime)
    return now


class Relay:
    """One duty's commands: `ask` in any process, `run` in the holder's."""

    def __init__(self, ledger: Ledger, bus: Bus, lease: Lease) -> None:
        self._ledger = ledger
        self._bus = bus
        self._lease = lease
        self._asked = asyncio.Event()
        self._ended = asyncio.Event()
        self._log = logs.get("relay")
        bus.listen(COMMANDS, lambda _: self._asked.set())
        bus.listen(OUTCOMES, lambda _: self._ended.set())

    async def ask(self, name: str, data: dict[str, Any]) -> Outcome:
        """Have the holder carry it out. REFUSED: it did not and never will; UNKNOWN: it may have."""
        command_id = new_id()
        async with self._ledger.transaction() as tx:
            tx.session.add(
                RelayedCommand(
                    id=command_id,
                    duty=self._lease.name,
                    name=name,
                    data=data,
                    state=CommandState.WAITING,
                    outcome="",
                    asked_at=await _database_now(tx.session, self._ledger),
                    asked_by=self._lease.holder,
                    begun_by="",
                )
            )
        self._bus.publish(COMMANDS)
        outcome = await self._outcome(command_id, (CommandState.WAITING, CommandState.BEGUN), WAIT_SECONDS)
        if outcome is None and await self._taken_back(command_id):
            return Outcome(CommandState.REFUSED, "nobody has the duty now")
        if outcome is None:
            outcome = await self._outcome(command_id, (CommandState.BEGUN,), BEGUN_SECONDS - WAIT_SECONDS)
        return outcome or Outcome(CommandState.UNKNOWN, "no answer")

    async def _outcome(
        self, command_id: uuid.UUID, not_yet: tuple[CommandState, ...], seconds: float
    ) -> Outcome | None:
        """How it ended; None if it has not within so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    self._ended.clear()
                    async with self._ledger.reading() as session:
                        row = await session.get_one(RelayedCommand, command_id)
                    if row.state not in not_yet:
                        return Outcome(CommandState(row.state), row.outcome)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._ended.wait()
        return None

    async def _taken_back(self, command_id: uuid.UUID) -> bool:
        async with self._ledger.transaction() as tx:
            waiting = (RelayedCommand.id == command_id, RelayedCommand.state == CommandState.WAITING)
            taken = update(RelayedCommand).where(*waiting).values(state=CommandState.REFUSED, outcome="taken back")
            return (await tx.session.execute(taken.returning(RelayedCommand.id))).scalar_one_or_none() is not None

    async def run(self, carry: Carry, every_seconds: float = 1.0) -> None:
        """Until cancelled, or until the duty is lost: carry out what is asked, one after the other."""
        await self._guarded(self._forget_old)
        while True:
            self._asked.clear()
            try:
                while (row := await self._begin()) is not None:
                    await self._carry_out(row, carry)
            except LostLease:
                return
            except Exception:
                # The database is away: askers are told that nobody answered.
                self._log.exception("commands_not_read")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_seconds):
                    await self._asked.wait()

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:
            # Only tidying: the commands of today must not wait for it.
            self._log.exception("old_commands_kept")

    async def _forget_old(self) -> None:
        async with self._ledger.transaction() as tx:
            before = await _database_now(tx.session, self._ledger) - KEEP
            await tx.session.execute(delete(RelayedCommand).where(RelayedCommand.asked_at < before))

    async def _begin(self) -> RelayedCommand | None:
        """The oldest one that still has its asker, marked as ours under the fence of the duty."""
        async with self._ledger.reading() as session:
            waiting = (RelayedCommand.duty == self._lease.name, RelayedCommand.state == CommandState.WAITING)
            if await session.scalar(select(RelayedCommand.id).where(*waiting).limit(1)) is None:
                return None
        async with self._ledger.fenced(self._lease).transaction() as tx:
            oldest = await _database_now(tx.session, self._ledger) - timedelta(seconds=WAIT_SECONDS)
            await tx.session.execute(
                update(RelayedCommand)
                .where(*waiting, RelayedCommand.asked_at < oldest)
                .values(state=CommandState.REFUSED, outcome="too late")
            )
            row = await tx.session.scalar(
                select(RelayedCommand).where(*waiting).order_by(RelayedCommand.asked_at).limit(1).with_for_update()
            )
            if row is not None:
                row.state, row.begun_by = CommandState.BEGUN, self._lease.holder
            return row

    async def _carry_out(self, row: RelayedCommand, carry: Carry) -> None:
        outcome = Outcome(CommandState.REFUSED, "not the owner any more")
        if self._lease.may_act:
            try:
                outcome = await carry(row.name, row.data)
            except Exception:
                # A fault of ours half-way: it may have had its effect.
                self._log.exception("command_failed", name=row.name)
                outcome = Outcome(CommandState.UNKNOWN, "internal")
        async with self._ledger.transaction() as tx:
            await tx.session.execute(
                update(RelayedCommand)
                .where(RelayedCommand.id == row.id, RelayedCommand.state == CommandState.BEGUN)
                .values(state=outcome.state, outcome=outcome.why[:200])
            )
        self._bus.publish(OUTCOMES)
