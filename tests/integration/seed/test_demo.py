"""The demo city, on both databases."""

from sqlalchemy import func, select

from callcenter.customers.models import Customer
from callcenter.foundation.transactions import Ledger
from callcenter.seed.demo import seed_demo
from callcenter.seed.households import household_id
from callcenter.work_orders import customer_card
from callcenter.work_orders.models import StateChange, WorkOrder
from callcenter.work_orders.numbers import is_order_number
from callcenter.work_orders.states import TERMINAL, State


async def test_the_city_is_there_once_however_often_it_is_seeded(ledger: Ledger) -> None:
    await seed_demo(ledger)
    async with ledger.reading() as session:
        before = [
            await session.scalar(select(func.count()).select_from(t)) for t in (Customer, WorkOrder, StateChange)
        ]
    await seed_demo(ledger)
    async with ledger.reading() as session:
        after = [
            await session.scalar(select(func.count()).select_from(t)) for t in (Customer, WorkOrder, StateChange)
        ]
        orders = list(await session.scalars(select(WorkOrder)))
        open_orders = await session.scalar(select(func.sum(Customer.open_orders)))
        card = await customer_card.read(session, household_id("王秀兰"))
    assert before == after
    assert before[0] == 25
    assert {order.state for order in orders} >= {
        State.PENDING_DISPATCH,
        State.OFFERED,
        State.ACCEPTED,
        State.SCHEDULED,
        State.IN_SERVICE,
        State.SUBMITTED,
        State.REWORK,
        State.DISPUTED,
        State.CLOSED,
        State.CANCELLED,
        State.UNFULFILLED,
    }
    assert all(is_order_number(order.number) for order in orders)
    assert open_orders == sum(order.state not in TERMINAL for order in orders)
    assert (card.name, card.tier, len(card.open_orders)) == ("王秀兰", "gold", 2)
    assert card.totals.amount_fen > 0
    assert card.numbers[0].number.masked == "138****6021"
    assert card.numbers[0].number.full is None
