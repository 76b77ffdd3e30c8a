"""Every query about work orders."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from callcenter.foundation import paging
from callcenter.foundation.errors import NotFound
from callcenter.foundation.phone_numbers import normalise
from callcenter.foundation.statements import run, table_of
from callcenter.franchisees.models import Franchisee
from callcenter.work_orders import numbers
from callcenter.work_orders.models import StateChange, WorkOrder
from callcenter.work_orders.states import TERMINAL, State

PAGE = 50
_SHOWN = (
    WorkOrder.number,
    WorkOrder.state,
    WorkOrder.item_name,
    WorkOrder.wanted_from,
    WorkOrder.wanted_to,
    WorkOrder.wanted_clock,
    WorkOrder.due_at,
    WorkOrder.priority,
    WorkOrder.franchisee_id,
    WorkOrder.worker_name,
)
"""What a list shows of an order; the quote and the texts stay in the database."""


async def find(session: AsyncSession, id_or_number: str) -> WorkOrder:
    """An order by its id or by its number. `NotFound`."""
    if numbers.is_order_number(id_or_number):
        found = await session.scalar(select(WorkOrder).where(WorkOrder.number == id_or_number))
    else:
        found = await session.get(WorkOrder, _uuid(id_or_number))
    if found is None:
        raise NotFound("order_not_found")
    return found


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound("order_not_found") from None


async def of_intake(session: AsyncSession, intake_id: uuid.UUID) -> WorkOrder | None:
    found: WorkOrder | None = await session.scalar(select(WorkOrder).where(WorkOrder.intake_id == intake_id))
    return found


async def of_journey(session: AsyncSession, journey_id: uuid.UUID) -> Sequence[WorkOrder]:
    """The orders that came of one call, oldest first."""
    statement = select(WorkOrder).where(WorkOrder.journey_id == journey_id).order_by(WorkOrder.id)
    return list(await session.scalars(statement))


_ORDERS, _FIRMS = table_of(WorkOrder), table_of(Franchisee)
_OF_CUSTOMER = _ORDERS.c.customer_id == bindparam("customer_id")
_OPEN_OF_CUSTOMER = (
    select(*(_ORDERS.c[column.key] for column in (WorkOrder.id, *_SHOWN)), _FIRMS.c.name.label("franchisee_name"))
    .outerjoin(_FIRMS, _FIRMS.c.id == _ORDERS.c.franchisee_id)
    .where(_OF_CUSTOMER, _ORDERS.c.state.not_in(sorted(TERMINAL)))
    .order_by(_ORDERS.c.id.desc())
)
_RECENT_OF_CUSTOMER = (
    select(_ORDERS.c.id, _ORDERS.c.created_at, _ORDERS.c.item_name, _ORDERS.c.state, _ORDERS.c.journey_id)
    .where(_OF_CUSTOMER)
    .order_by(_ORDERS.c.id.desc())
    .limit(bindparam("most"))
)


async def open_of_customer(session: AsyncSession, customer_id: uuid.UUID) -> Sequence[Any]:
    """A household's open orders, newest first: rows of what lists show, with `franchisee_name`."""
    return await run(session, _OPEN_OF_CUSTOMER, {"customer_id": customer_id})


async def recent_of_customer(session: AsyncSession, customer_id: uuid.UUID, most: int) -> Sequence[Any]:
    """A household's last orders, newest first: rows of id, created_at, item_name, state, journey_id."""
    return await run(session, _RECENT_OF_CUSTOMER, {"customer_id": customer_id, "most": most})


async def page(
    session: AsyncSession, *, state: State | None, query: str, cursor: str | None, area_code: str
) -> tuple[Sequence[WorkOrder], str | None]:
    """Orders newest first, of one state or all, found by number, short code, telephone number or name."""
    statement = select(WorkOrder).options(load_only(*_SHOWN)).order_by(WorkOrder.id.desc()).limit(PAGE + 1)
    if state is not None:
        statement = statement.where(WorkOrder.state == state)
    if query:
        statement = statement.where(_matches(query, area_code))
    if cursor:
        (last,) = paging.decode(cursor, paging.an_id)
        statement = statement.where(WorkOrder.id < last)
    rows = list(await session.scalars(statement))
    more = paging.encode(str(rows[PAGE - 1].id)) if len(rows) > PAGE else None
    return rows[:PAGE], more


def _matches(query: str, area_code: str) -> ColumnElement[bool]:
    """One indexed comparison by what the query looks like; digits may be a number, a short code or a telephone."""
    if not re.fullmatch(r"[+\d][\d\s-]{2,20}", query, re.ASCII):
        return _name_begins(query)
    digits = re.sub(r"\D", "", query)
    ways = [WorkOrder.number == digits, WorkOrder.short_code == digits]
    number = normalise(query, area_code=area_code)
    if number is not None:
        ways.append(WorkOrder.contact_number == number.full)
    return or_(*ways)


def _name_begins(query: str) -> ColumnElement[bool]:
    """By the index of the first one, two or three characters; a longer query is compared within those."""
    if len(query) == 1:
        return WorkOrder.name_1 == query
    if len(query) == 2:
        return WorkOrder.name_2 == query
    begin = WorkOrder.name_3 == query[:3]
    return begin if len(query) == 3 else and_(begin, func.substr(WorkOrder.customer_name, 1, len(query)) == query)


async def history(session: AsyncSession, order_id: uuid.UUID) -> Sequence[StateChange]:
    statement = select(StateChange).where(StateChange.order_id == order_id).order_by(StateChange.entry_seq)
    return list(await session.scalars(statement))


async def franchisee_names(session: AsyncSession, orders: Sequence[WorkOrder]) -> dict[uuid.UUID, str]:
    ids = {order.franchisee_id for order in orders if order.franchisee_id}
    if not ids:
        return {}
    rows = await session.execute(select(Franchisee.id, Franchisee.name).where(Franchisee.id.in_(ids)))
    return {id_: name for id_, name in rows}
