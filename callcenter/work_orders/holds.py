"""Use cases: an open order waits, and goes on.

A pause the customer asked for stops T-CONTACT, T-ARRIVE and T-SUBMIT: what was left of them, in the open time of
their calendar, is left again afterwards. A pause of the firm's making stops nothing. (domain.md §4.4, invariants 1
and 2.)
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from callcenter.foundation import timers
from callcenter.foundation.errors import Refused
from callcenter.foundation.facts import Fact
from callcenter.foundation.ids import new_id
from callcenter.foundation.timers import TimerRow
from callcenter.foundation.transactions import Transaction
from callcenter.work_orders.actors import Actor
from callcenter.work_orders.deadlines import PAUSED_BY_HOLD, calendar_of
from callcenter.work_orders.models import Hold, WorkOrder
from callcenter.work_orders.states import HOLDABLE
from callcenter.work_orders.transitions import subject_of


async def hold(tx: Transaction, order: WorkOrder, *, by: Actor, reason: str, by_customer: bool) -> Hold:
    """Pause a locked order. `Refused` if it is paused already or too far on."""
    if order.state not in HOLDABLE or order.held_since is not None:
        raise Refused("hold_refused", state=order.state)
    pause = Hold(
        id=new_id(),
        order_id=order.id,
        entry_seq=order.entry_seq,
        by_customer=by_customer,
        reason=reason,
        actor=by.name,
        from_at=tx.now,
    )
    tx.session.add(pause)
    order.held_since, order.hold_reason = tx.now, reason
    await tx.session.flush()
    if by_customer:
        for timer in await _running(tx, order):
            timer.ended_at = tx.now
        order.due_at = None if await _stopped(tx, order, tx.now) else order.due_at
    tx.record(Fact("work_order.held", subject_of(order.id), {"by_customer": by_customer}, by.name))
    return pause


async def release(tx: Transaction, order: WorkOrder, *, by: Actor) -> None:
    """End the pause of a locked order. `Refused` if it is not paused."""
    pause = await tx.session.scalar(select(Hold).where(Hold.order_id == order.id, Hold.to_at.is_(None)))
    if pause is None:
        raise Refused("not_held", state=order.state)
    pause.to_at = tx.now
    order.held_since = order.hold_reason = None
    if pause.by_customer:
        for timer in await _stopped(tx, order, pause.from_at):
            due_at = shifted(timer.code, order.priority, timer.due_at, pause.from_at, tx.now)
            await timers.arm(tx, subject=timer.subject, entry_seq=timer.entry_seq, code=timer.code, due_at=due_at)
            if timer.code in PAUSED_BY_HOLD:
                order.due_at = due_at
    tx.record(Fact("work_order.released", subject_of(order.id), {}, by.name))


def shifted(code: str, priority: str, due_at: datetime, held_at: datetime, released_at: datetime) -> datetime:
    """The limit with what was left of it, in open time, when the pause began."""
    calendar = calendar_of(limit_of(code), priority)
    left = calendar.between(held_at, due_at) if due_at > held_at else timedelta()
    return calendar.add(released_at, left)


def limit_of(code: str) -> str:
    """The limit a timer belongs to: `T-ARRIVE.80` → `T-ARRIVE`."""
    return code.partition(".")[0]


async def _running(tx: Transaction, order: WorkOrder) -> list[TimerRow]:
    return await _limits(tx, order, TimerRow.ended_at.is_(None))


async def _stopped(tx: Transaction, order: WorkOrder, at: datetime) -> list[TimerRow]:
    """The limits that this pause stopped: ended at its beginning without having fired."""
    return await _limits(tx, order, TimerRow.ended_at == at, TimerRow.fired_at.is_(None))


async def _limits(tx: Transaction, order: WorkOrder, *those: ColumnElement[bool]) -> list[TimerRow]:
    """The order's timers in its present state that a hold pauses."""
    of_order = (TimerRow.subject == subject_of(order.id), TimerRow.entry_seq == order.entry_seq)
    rows = await tx.session.scalars(select(TimerRow).where(*of_order, *those))
    return [row for row in rows if limit_of(row.code) in PAUSED_BY_HOLD]
