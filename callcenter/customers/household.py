"""Reading a household for the screen."""

import uuid
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers import repository
from callcenter.customers.schemas import (
    AddressOut,
    AddressZoneOut,
    CustomerNumberOut,
    Household,
    NamedOut,
    NumberOut,
    TotalsOut,
)
from callcenter.zones import repository as zones
from callcenter.zones.repository import Placed


async def read(session: AsyncSession, customer_id: uuid.UUID, *, reveal: bool = False) -> Household:
    """A household with contacts, numbers (full only if `reveal`), addresses and totals. `NotFound`."""
    customer = await repository.household(session, customer_id)
    addresses = await repository.addresses_of(session, customer_id)
    zones_of = await zones.paths_of(session, {one.zone_id for one in addresses if one.zone_id is not None})
    return Household(
        id=str(customer.id),
        name=customer.name,
        since=customer.since,
        tier=customer.tier,
        note=customer.note,
        note_at=customer.note_at,
        contacts=[NamedOut(id=str(c.id), name=c.name) for c in await repository.contacts_of(session, customer_id)],
        numbers=[
            CustomerNumberOut(id=str(n.id), number=NumberOut.of(n.number, reveal=reveal), label=n.label)
            for n in await repository.numbers_of(session, customer_id)
        ],
        addresses=[_address(one, zones_of.get(one.zone_id)) for one in addresses],
        totals=TotalsOut(orders=customer.orders, amount_fen=customer.amount_fen, points=customer.points),
    )


def _address(address: Any, zone: Placed | None) -> AddressOut:
    placed = None
    if zone is not None:
        placed = AddressZoneOut(id=str(address.zone_id), name=zone.name, level=zone.level, path=zone.path)
    return AddressOut(id=str(address.id), text=address.text, zone=placed, confirmed=address.confirmed)
