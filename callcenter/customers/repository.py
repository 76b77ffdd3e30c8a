"""Every query about households."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers.models import Contact, Customer, CustomerNumber, ServiceAddress
from callcenter.foundation.errors import NotFound
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.statements import run, table_of

MOST_HOUSEHOLDS = 10
_LAST_CHARACTER = "\U0010ffff"

_CUSTOMERS, _CONTACTS = table_of(Customer), table_of(Contact)
_NUMBERS, _ADDRESSES = table_of(CustomerNumber), table_of(ServiceAddress)
_ID = bindparam("customer_id", type_=_CUSTOMERS.c.id.type)
_HOUSEHOLD = select(_CUSTOMERS).where(_CUSTOMERS.c.id == _ID)
_CONTACTS_OF = select(_CONTACTS).where(_CONTACTS.c.customer_id == _ID).order_by(_CONTACTS.c.id)
_NUMBERS_OF = select(_NUMBERS).where(_NUMBERS.c.customer_id == _ID).order_by(_NUMBERS.c.id)
_ADDRESSES_OF = (
    select(_ADDRESSES)
    .where(_ADDRESSES.c.customer_id == _ID)
    .order_by(_ADDRESSES.c.last_used_at.desc(), _ADDRESSES.c.id)
)
_NAMED_BY_NUMBER = (
    select(_NUMBERS.c.customer_id, _CUSTOMERS.c.name)
    .join(_CUSTOMERS, _CUSTOMERS.c.id == _NUMBERS.c.customer_id)
    .where(_NUMBERS.c.number == bindparam("number"))
    .order_by(_NUMBERS.c.linked_at.desc(), _NUMBERS.c.customer_id)
    .limit(MOST_HOUSEHOLDS)
)


async def find_by_number(session: AsyncSession, number: PhoneNumber) -> Sequence[Customer]:
    """Households with this number, the last linked first; several are candidates for the agent to choose from."""
    await session.flush()
    return [await get(session, customer_id) for customer_id, _ in await named_by_number(session, number)]


async def named_by_number(session: AsyncSession, number: PhoneNumber) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of those that `find_by_number` finds; asked at each call and each ring."""
    return [(row.customer_id, row.name) for row in await run(session, _NAMED_BY_NUMBER, {"number": number.full})]


async def get(session: AsyncSession, customer_id: uuid.UUID) -> Customer:
    """A household. `NotFound`."""
    found = await session.get(Customer, customer_id)
    if found is None:
        raise NotFound("customer_not_found")
    return found


async def household(session: AsyncSession, customer_id: uuid.UUID) -> Any:
    """A household's row, only to be read. `NotFound`."""
    rows = await run(session, _HOUSEHOLD, {"customer_id": customer_id})
    if not rows:
        raise NotFound("customer_not_found")
    return rows[0]


async def contacts_of(session: AsyncSession, customer_id: uuid.UUID) -> Sequence[Any]:
    """Rows of `Contact`."""
    return await run(session, _CONTACTS_OF, {"customer_id": customer_id})


async def numbers_of(session: AsyncSession, customer_id: uuid.UUID) -> Sequence[Any]:
    """Rows of `CustomerNumber`."""
    return await run(session, _NUMBERS_OF, {"customer_id": customer_id})


async def addresses_of(session: AsyncSession, customer_id: uuid.UUID) -> Sequence[Any]:
    """Rows of `ServiceAddress`, the last used first."""
    return await run(session, _ADDRESSES_OF, {"customer_id": customer_id})


def name_begins(session: AsyncSession, begin: str) -> ColumnElement[bool]:
    """Households whose name begins so, by index: SQLite uses none for LIKE, but for a range in its binary order."""
    if session.get_bind().dialect.name == "sqlite":
        return and_(Customer.name >= begin, Customer.name < begin + _LAST_CHARACTER)
    return Customer.name.startswith(begin, autoescape=True)


async def names_of(session: AsyncSession, customer_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not customer_ids:
        return {}
    rows = await session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(customer_ids)))
    return {id_: name for id_, name in rows}
