"""Giving out order numbers: one after the other within a Beijing day, whoever asks at the same time."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from callcenter.foundation.transactions import Transaction
from callcenter.work_orders import numbers
from callcenter.work_orders.models import OrderDay, WorkOrder
from callcenter.work_orders.states import TERMINAL


async def next_number(tx: Transaction) -> str:
    """The next free number of today whose short code no open order has. The day's row is locked until the commit."""
    day = numbers.day_of(tx.now)
    while True:
        number = numbers.order_number(day, await _next_sequence(tx, day))
        if not await _short_code_taken(tx, numbers.short_code(number)):
            return number


async def _next_sequence(tx: Transaction, day: str) -> int:
    step = update(OrderDay).where(OrderDay.day == day).values(last=OrderDay.last + 1).returning(OrderDay.last)
    sequence = (await tx.session.execute(step)).scalar_one_or_none()
    if sequence is not None:
        return sequence
    try:
        async with tx.session.begin_nested():
            tx.session.add(OrderDay(day=day, last=0))
    except IntegrityError:
        pass  # another process opened the day a moment ago; its row is the one to count on
    return (await tx.session.execute(step)).scalar_one()


async def _short_code_taken(tx: Transaction, code: str) -> bool:
    taken = await tx.session.scalar(
        select(WorkOrder.id).where(WorkOrder.short_code == code, WorkOrder.state.not_in(TERMINAL)).limit(1)
    )
    return taken is not None
