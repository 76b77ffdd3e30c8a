"""Reading a household for the screen."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers import repository
from callcenter.customers.models import ServiceAddress
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


async def read(session: AsyncSession, customer_id: uuid.UUID, *, reveal: bool = False) -> Household:
    """A household with contacts, numbers (full only if `reveal`), addresses and totals. `NotFound`."""
    customer = await repository.get(session, customer_id)
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
        addresses=[await _address(session, a) for a in await repository.addresses_of(session, customer_id)],
        totals=TotalsOut(orders=customer.orders, amount_fen=customer.amount_fen, points=customer.points),
    )


async def _address(session: AsyncSession, address: ServiceAddress) -> AddressOut:
    zone_out = None
    if address.zone_id is not None:
        zone, path = await zones.with_path(session, address.zone_id)
        zone_out = AddressZoneOut(id=str(zone.id), name=zone.name, level=zone.level, path=path)
    return AddressOut(id=str(address.id), text=address.text, zone=zone_out, confirmed=address.confirmed)
