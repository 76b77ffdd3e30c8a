"""Households that are known when they call."""

from collections.abc import Iterable

from callcenter.customers.models import Contact, Customer, CustomerNumber, ServiceAddress
from callcenter.foundation.ids import new_id
from callcenter.foundation.phone_numbers import required
from callcenter.foundation.transactions import Ledger


async def make_households(ledger: Ledger, numbers: Iterable[str]) -> None:
    """One for each number, with a person and two addresses."""
    async with ledger.transaction() as tx:
        for number in numbers:
            household = Customer(id=new_id(), name=f"住户{number[-4:]}", since=tx.now)
            tx.session.add(household)
            await tx.session.flush()
            tx.session.add(Contact(id=new_id(), customer_id=household.id, name=household.name))
            tx.session.add(
                CustomerNumber(
                    id=new_id(), customer_id=household.id, number=required(number).full, label="", linked_at=tx.now
                )
            )
            for house in (1, 2):
                address = f"天山区新华北路{house}号"
                tx.session.add(
                    ServiceAddress(id=new_id(), customer_id=household.id, text=address, last_used_at=tx.now)
                )
