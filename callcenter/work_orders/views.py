"""Reading orders for the screen."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.auth.models import User
from callcenter.catalogue.schemas import QuoteOut
from callcenter.customers.schemas import NamedOut, NumberOut
from callcenter.work_orders import repository
from callcenter.work_orders.models import WorkOrder
from callcenter.work_orders.schemas import ChangeOut, Order, OrderBrief, ReceiptOut, WantedOut
from callcenter.work_orders.states import OFFICE, Party, State, commands_in
from callcenter.zones.schemas import ZoneOut


async def briefs(session: AsyncSession, orders: Sequence[WorkOrder]) -> list[OrderBrief]:
    """The orders as lists show them."""
    firms = await repository.franchisee_names(session, orders)
    return [_brief(order, firms.get(order.franchisee_id) if order.franchisee_id else None) for order in orders]


async def open_briefs(session: AsyncSession, customer_id: uuid.UUID) -> list[OrderBrief]:
    """A household's open orders as lists show them, newest first."""
    return [_brief(row, row.franchisee_name) for row in await repository.open_of_customer(session, customer_id)]


def _brief(order: Any, franchisee_name: str | None) -> OrderBrief:
    """`order`: a `WorkOrder`, or a row with its columns."""
    wanted = None
    if order.wanted_from is not None and order.wanted_to is not None:
        wanted = WantedOut(from_=order.wanted_from, to=order.wanted_to, clock=order.wanted_clock)
    return OrderBrief(
        id=str(order.id),
        number=order.number,
        state=order.state,
        item_name=order.item_name,
        wanted=wanted,
        due_at=order.due_at,
        priority=order.priority,
        franchisee_name=franchisee_name,
        worker_name=order.worker_name,
    )


async def order_page(session: AsyncSession, order: WorkOrder, parties: frozenset[Party] = frozenset()) -> Order:
    """One order in full; numbers masked (a reveal is its own call); `commands` is what `parties` may ask for."""
    (brief,) = await briefs(session, [order])
    changes = await repository.history(session, order.id)
    names = await actor_names(session, [order.created_by, *(change.actor for change in changes)])
    return Order(
        **dict(brief),
        customer=NamedOut(id=str(order.customer_id), name=order.customer_name) if order.customer_id else None,
        address_text=order.address_text,
        zone=_zone(order),
        contact_name=order.contact_name,
        contact_number=NumberOut.of(order.contact_number),
        remarks=order.remarks,
        quote=QuoteOut.model_validate(order.quote) if order.quote else None,
        created_at=order.created_at,
        created_by=names[order.created_by],
        journey_id=str(order.journey_id) if order.journey_id else None,
        recording_id=order.recording_id,
        receipt=receipt(order),
        held=order.held_since is not None,
        commands=[c.value for c in commands_in(State(order.state), parties) if c in OFFICE],
        history=[
            ChangeOut(at=c.at, from_=c.from_state, to=c.to_state, actor=names[c.actor], reason=c.reason)
            for c in changes
        ],
    )


def receipt(order: WorkOrder) -> ReceiptOut | None:
    """The text that confirms the order to the household, None before there is one."""
    if order.receipt_state is None:
        return None
    return ReceiptOut(state=order.receipt_state, to=NumberOut.of(order.receipt_to))


def _zone(order: WorkOrder) -> ZoneOut | None:
    if order.zone_id is None or order.zone_level is None:
        return None
    name = order.zone_path[-1] if order.zone_path else ""
    return ZoneOut.model_validate(
        {"id": str(order.zone_id), "name": name, "level": order.zone_level, "path": order.zone_path}
    )


async def actor_names(session: AsyncSession, actors: Iterable[str]) -> dict[str, str]:
    """`user:<id>` → the person's name; other actors stay as they are."""
    wanted = set(actors)
    ids = {uuid.UUID(actor[5:]): actor for actor in wanted if actor.startswith("user:")}
    rows = await session.execute(select(User.id, User.display_name).where(User.id.in_(ids))) if ids else ()
    return {actor: actor for actor in wanted} | {ids[id_]: name for id_, name in rows}
