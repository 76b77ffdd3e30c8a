"""Use cases: what an agent learns about a household while talking is remembered."""

import uuid

from sqlalchemy import select

from callcenter.customers import repository
from callcenter.customers.models import Contact, Customer, CustomerNumber, ServiceAddress
from callcenter.foundation.facts import Fact
from callcenter.foundation.ids import new_id
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.transactions import Transaction


async def register(tx: Transaction, *, name: str, actor: str, language: str = "zh-CN") -> Customer:
    """A household we did not know."""
    customer = Customer(
        id=new_id(), name=name, language=language, since=tx.now, orders=0, open_orders=0, amount_fen=0, points=0
    )
    tx.session.add(customer)
    await tx.session.flush()
    tx.record(Fact("customer.registered", f"customer:{customer.id}", {}, actor))
    return customer


async def link_number(
    tx: Transaction,
    *,
    customer_id: uuid.UUID,
    number: PhoneNumber,
    actor: str,
    label: str = "",
    contact_id: uuid.UUID | None = None,
) -> CustomerNumber:
    """The household can be reached at this number. Linking twice changes nothing. `NotFound`."""
    await repository.get(tx.session, customer_id)
    found = await tx.session.scalar(
        select(CustomerNumber).where(CustomerNumber.customer_id == customer_id, CustomerNumber.number == number.full)
    )
    if found is not None:
        return found
    link = CustomerNumber(
        id=new_id(),
        customer_id=customer_id,
        contact_id=contact_id,
        number=number.full,
        label=label,
        linked_at=tx.now,
    )
    tx.session.add(link)
    await tx.session.flush()
    tx.record(Fact("customer.number_linked", f"customer:{customer_id}", {"number_id": str(link.id)}, actor))
    return link


async def remember_contact(tx: Transaction, *, customer_id: uuid.UUID, name: str) -> Contact:
    """The person of that name in the household, made if new."""
    found = await tx.session.scalar(select(Contact).where(Contact.customer_id == customer_id, Contact.name == name))
    if found is None:
        found = Contact(id=new_id(), customer_id=customer_id, name=name)
        tx.session.add(found)
        await tx.session.flush()
    return found


async def remember_address(
    tx: Transaction, *, customer_id: uuid.UUID, text: str, zone_id: uuid.UUID | None, confirmed: bool
) -> ServiceAddress:
    """The address with that text, made if new; its zone is the last one told, and once confirmed it stays so."""
    found = await tx.session.scalar(
        select(ServiceAddress).where(ServiceAddress.customer_id == customer_id, ServiceAddress.text == text)
    )
    if found is None:
        found = ServiceAddress(id=new_id(), customer_id=customer_id, text=text, confirmed=False)
        tx.session.add(found)
    found.zone_id = zone_id or found.zone_id
    found.confirmed = found.confirmed or confirmed
    found.last_used_at = tx.now
    await tx.session.flush()
    return found
