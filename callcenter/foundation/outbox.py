"""Effects that must not be lost (texts to customers): a row in the transaction, carried out after it.

`put` writes the row; the worker leases due rows, runs the handler of their kind outside any transaction and notes
the result. A handler that cannot tell whether its effect happened says so (`OutcomeUnknown`): such a row is not
tried again but shown to people, since nobody wants the same text twice.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation import logs
from callcenter.foundation.database import Base
from callcenter.foundation.ids import new_id
from callcenter.foundation.leases import LostLease
from callcenter.foundation.transactions import Ledger, Transaction

LEASE = timedelta(seconds=60)
BATCH = 20
MOST_ATTEMPTS = 8


class OutboxState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class RetryLater(Exception):
    """The effect did not happen; try again after `delay`."""

    def __init__(self, why: str, delay: timedelta) -> None:
        super().__init__(why)
        self.delay = delay


class GiveUp(Exception):
    """The effect did not happen and never will."""


class OutcomeUnknown(Exception):
    """The effect may have happened; a person must look."""


class OutboxRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "state", "due_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a handler is given. `attempt` counts from 1; above that an earlier one may have got half-way."""

    id: uuid.UUID
    key: str
    payload: dict[str, Any]
    attempt: int


Handler = Callable[[Effect], Awaitable[None]]


def put(tx: Transaction, *, kind: str, key: str, payload: dict[str, Any]) -> uuid.UUID:
    """Ask for the effect `kind`. `key` names it for ever: a second put of the same key is an error of the caller."""
    row = OutboxRow(
        id=new_id(),
        kind=kind,
        key=key,
        payload=payload,
        state=OutboxState.WAITING,
        attempts=0,
        due_at=tx.now,
        created_at=tx.now,
    )
    tx.session.add(row)
    tx.effects += 1
    return row.id


class OutboxWorker:
    """Carries out what the outbox holds. One process does (`leases.while_ours`); besides, a row is leased to one
    at a time, and only the attempt that has it now may note its result."""

    def __init__(self, ledger: Ledger, handlers: Mapping[str, Handler], idle_seconds: float = 1.0) -> None:
        self._ledger = ledger
        self._handlers = handlers
        self._idle_seconds = idle_seconds
        self._wake = asyncio.Event()
        self._log = logs.get("outbox")

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        while True:
            try:
                busy = await self.run_once()
            except LostLease:
                return
            except Exception:
                # The database may be away for a while; the rows are still there when it is back.
                self._log.exception("outbox_pass_failed")
                busy = 0
            if busy == 0:
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    # not wait_for: on Python 3.11 it swallows a cancellation that comes together with the event
                    async with asyncio.timeout(self._idle_seconds):
                        await self._wake.wait()

    async def run_once(self) -> int:
        """Carry out one batch of due rows; how many there were."""
        if not await self._is_due():
            return 0
        rows = await self._lease()
        for row in rows:
            state, error, delay = await self._carry_out(row)
            await self._settle(row, state, error, delay)
        return len(rows)

    async def _is_due(self) -> bool:
        """A look without a write transaction: most passes find nothing, and SQLite has one writer."""
        async with self._ledger.reading() as session:
            due = select(OutboxRow.id).where(
                OutboxRow.state == OutboxState.WAITING, OutboxRow.due_at <= self._ledger.clock.now()
            )
            return await session.scalar(due.limit(1)) is not None

    async def _lease(self) -> list[OutboxRow]:
        async with self._ledger.transaction() as tx:
            free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < tx.now)
            due = (
                select(OutboxRow)
                .where(OutboxRow.state == OutboxState.WAITING, OutboxRow.due_at <= tx.now, free)
                .order_by(OutboxRow.due_at)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            rows = list(await tx.session.scalars(due))
            for row in rows:
                row.leased_until = tx.now + LEASE
                row.attempts += 1
            return rows

    async def _carry_out(self, row: OutboxRow) -> tuple[OutboxState, str | None, timedelta]:
        handler = self._handlers.get(row.kind)
        if handler is None:
            return OutboxState.FAILED, f"no handler for {row.kind}", timedelta()
        try:
            await handler(Effect(row.id, row.key, row.payload, row.attempts))
        except RetryLater as later:
            if row.attempts >= MOST_ATTEMPTS:
                return OutboxState.FAILED, str(later), timedelta()
            return OutboxState.WAITING, str(later), later.delay
        except OutcomeUnknown as unknown:
            return OutboxState.UNKNOWN, str(unknown), timedelta()
        except GiveUp as end:
            return OutboxState.FAILED, str(end), timedelta()
        except Exception as fault:
            # A fault of ours in one effect must not stop the others; it may have sent, so people look at it.
            self._log.exception("effect_failed", kind=row.kind)
            return OutboxState.UNKNOWN, type(fault).__name__, timedelta()
        return OutboxState.DONE, None, timedelta()

    async def _settle(self, row: OutboxRow, state: OutboxState, error: str | None, delay: timedelta) -> None:
        async with self._ledger.transaction() as tx:
            waiting = state is OutboxState.WAITING
            await tx.session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == row.id, OutboxRow.attempts == row.attempts)
                .values(
                    state=state,
                    last_error=logs.mask_numbers(error)[:500] if error else None,
                    leased_until=None,
                    due_at=tx.now + delay if waiting else row.due_at,
                    ended_at=None if waiting else tx.now,
                )
            )
