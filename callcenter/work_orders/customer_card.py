"""A household with its orders, as a screen-pop shows it."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers import household
from callcenter.work_orders import repository, views
from callcenter.work_orders.schemas import CustomerCard, PastContact

MOST_CONTACTS = 5


async def read(session: AsyncSession, customer_id: uuid.UUID, *, reveal: bool = False) -> CustomerCard:
    """The card of a household. Calls and texts are added to `last_contacts` by whoever knows them. `NotFound`."""
    card = await household.read(session, customer_id, reveal=reveal)
    recent = await repository.recent_of_customer(session, customer_id, MOST_CONTACTS)
    contacts = [
        PastContact(
            at=order.created_at,
            channel="order",
            text=f"{order.item_name or ''} {order.state}".strip(),
            journey_id=str(order.journey_id) if order.journey_id else None,
            order_id=str(order.id),
        )
        for order in recent
    ]
    open_orders = await views.open_briefs(session, customer_id)
    return CustomerCard(**dict(card), open_orders=open_orders, last_contacts=contacts)
