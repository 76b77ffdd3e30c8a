"""A household's totals, moved by whoever changes its orders; added up in the database, so nothing is lost."""

import uuid

from sqlalchemy import update

from callcenter.customers.models import Customer
from callcenter.foundation.transactions import Transaction


async def adjust(
    tx: Transaction,
    *,
    customer_id: uuid.UUID,
    orders: int = 0,
    open_orders: int = 0,
    amount_fen: int = 0,
    points: int = 0,
) -> None:
    """Add the given differences."""
    await tx.session.execute(
        update(Customer)
        .where(Customer.id == customer_id)
        .values(
            orders=Customer.orders + orders,
            open_orders=Customer.open_orders + open_orders,
            amount_fen=Customer.amount_fen + amount_fen,
            points=Customer.points + points,
        )
        .execution_options(synchronize_session=False)
    )
