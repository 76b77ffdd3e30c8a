"""What happens when a limit of an order's state nears or passes: a fact, stored and never recalculated away."""

import uuid
from datetime import timedelta

from callcenter.foundation.clock import iso
from callcenter.foundation.facts import Fact
from callcenter.foundation.timers import TimerHandler, TimerRow
from callcenter.foundation.transactions import Transaction
from callcenter.work_orders.deadlines import CODES, WARNINGS
from callcenter.work_orders.models import WorkOrder
from callcenter.work_orders.transitions import subject_of

LATE = timedelta(minutes=1)
"""A timer that fires this much after its time was missed by a stopped service and says so."""


async def on_timer(tx: Transaction, timer: TimerRow) -> None:
    """Re-reads the order: a timer of an earlier entry to a state does nothing."""
    order = await _order_of(tx, timer)
    if order is None or order.entry_seq != timer.entry_seq:
        return
    limit, _, percent = timer.code.partition(".")
    data = {
        "order_id": str(order.id),
        "number": order.number,
        "state": order.state,
        "limit": limit,
        "due_at": iso(timer.due_at),
        "late": tx.now - timer.due_at > LATE,
        "journey_id": str(order.journey_id) if order.journey_id else None,
    }
    if percent:
        tx.record(Fact("work_order.sla_warning", subject_of(order.id), {**data, "percent": int(percent)}))
    else:
        tx.record(Fact("work_order.sla_breached", subject_of(order.id), data))


async def _order_of(tx: Transaction, timer: TimerRow) -> WorkOrder | None:
    order_id = uuid.UUID(timer.subject.removeprefix("order:"))
    order: WorkOrder | None = await tx.session.get(WorkOrder, order_id, with_for_update=True)
    return order


TIMER_HANDLERS: dict[str, TimerHandler] = {
    code: on_timer for limit in CODES for code in (limit, *(f"{limit}.{percent}" for percent in WARNINGS))
}
