"""Every query about households."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers.models import Contact, Customer, CustomerNumber, ServiceAddress
from callcenter.foundation.errors import NotFound
from callcenter.foundation.phone_numbers import PhoneNumber

MOST_HOUSEHOLDS = 10
_LAST_CHARACTER = "\U0010ffff"


async def find_by_number(session: AsyncSession, number: PhoneNumber) -> Sequence[Customer]:
    """Households with this number, the last linked first; several are candidates for the agent to choose from."""
    return list(
        await session.scalars(
            select(Customer)
            .join(CustomerNumber, CustomerNumber.customer_id == Customer.id)
            .where(CustomerNumber.number == number.full)
            .order_by(CustomerNumber.linked_at.desc(), Customer.id)
            .limit(MOST_HOUSEHOLDS)
        )
    )


async def get(session: AsyncSession, customer_id: uuid.UUID) -> Customer:
    """A household. `NotFound`."""
    found = await session.get(Customer, customer_id)
    if found is None:
        raise NotFound("customer_not_found")
    return found


async def contacts_of(session: AsyncSession, customer_id: uuid.UUID) -> Sequence[Contact]:
    return list(await session.scalars(select(Contact).where(Contact.customer_id == customer_id).order_by(Contact.id)))


async def numbers_of(session: AsyncSession, customer_id: uuid.UUID) -> Sequence[CustomerNumber]:
    return list(
        await session.scalars(
            select(CustomerNumber).where(CustomerNumber.customer_id == customer_id).order_by(CustomerNumber.id)
        )
    )


async def addresses_of(session: AsyncSession, customer_id: uuid.UUID) -> Sequence[ServiceAddress]:
    """The last used first."""
    return list(
        await session.scalars(
            select(ServiceAddress)
            .where(ServiceAddress.customer_id == customer_id)
            .order_by(ServiceAddress.last_used_at.desc(), ServiceAddress.id)
        )
    )


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
