"""Whose order it is: the household behind a form, found or made, with what was learnt about it."""

import uuid
from dataclasses import dataclass

from callcenter.customers import linking, repository
from callcenter.customers.models import Customer
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.transactions import Transaction

NAMELESS = "未具名"


@dataclass(frozen=True, slots=True)
class Applicant:
    """`caller` rang; `contact_number` is where the household wants to be reached, often the same."""

    customer_id: uuid.UUID | None
    customer_name: str
    contact_name: str
    caller: PhoneNumber | None
    contact_number: PhoneNumber | None


async def household_of(tx: Transaction, applicant: Applicant, *, actor: str) -> Customer:
    """The chosen household; else the one with this number and name; else a new one. Its numbers are linked."""
    customer = await _find(tx, applicant)
    if customer is None:
        name = applicant.customer_name or applicant.contact_name or NAMELESS
        customer = await linking.register(tx, name=name, actor=actor)
    contact_id = None
    if applicant.contact_name:
        contact = await linking.remember_contact(tx, customer_id=customer.id, name=applicant.contact_name)
        contact_id = contact.id
    for number in dict.fromkeys((applicant.caller, applicant.contact_number)):
        if number is not None:
            of_contact = number == applicant.contact_number
            await linking.link_number(
                tx,
                customer_id=customer.id,
                number=number,
                actor=actor,
                label=applicant.contact_name if of_contact else "",
                contact_id=contact_id if of_contact else None,
            )
    return customer


async def _find(tx: Transaction, applicant: Applicant) -> Customer | None:
    """Several households may share a number, so a name that differs means another household."""
    if applicant.customer_id is not None:
        return await repository.get(tx.session, applicant.customer_id)
    for number in (applicant.caller, applicant.contact_number):
        if number is None:
            continue
        known = await repository.find_by_number(tx.session, number)
        if len(known) == 1 and not applicant.customer_name:
            return known[0]
        for customer in known:
            if customer.name == applicant.customer_name:
                return customer
    return None
