"""Who is calling: the household as far as we know it, for pops and for the call on the desk."""

import uuid
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import repository as calls
from callcenter.customers import repository as customers
from callcenter.customers.schemas import NamedOut, NumberOut
from callcenter.foundation.logs import mask_numbers
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.realtime.messages import CallerOut, Reason
from callcenter.work_orders import customer_card
from callcenter.work_orders.schemas import CustomerCard, PastContact
from callcenter.work_orders.states import State

MOST_CONTACTS = 8


@dataclass(frozen=True, slots=True)
class Contact:
    """Of a journey, what tells whose it is. `chosen`: the household the agent has named, or that was the only one."""

    journey_id: uuid.UUID
    number: str | None
    caller_name: str
    chosen: uuid.UUID | None


async def read(session: AsyncSession, contact: Contact, *, reveal: bool) -> CallerOut:
    """The caller of a journey. `reveal`: the number in full, for roles that may see it."""
    households = await customers.named_by_number(session, PhoneNumber(contact.number)) if contact.number else []
    chosen = contact.chosen
    if chosen is None and len(households) == 1:
        [(chosen, _)] = households
    card = await _card(session, contact, chosen) if chosen else None
    return CallerOut(
        number=NumberOut.of(contact.number, reveal=reveal),
        name=mask_numbers(contact.caller_name) or None,  # many networks show the number as the name
        customer=card.model_dump(mode="json", by_alias=True) if card else None,
        candidates=[NamedOut(id=str(id_), name=name) for id_, name in households],
    )


async def _card(session: AsyncSession, contact: Contact, customer_id: uuid.UUID) -> CustomerCard:
    card = await customer_card.read(session, customer_id)
    past = [*card.last_contacts, *await _past_calls(session, contact)]
    past.sort(key=lambda one: one.at, reverse=True)
    return card.model_copy(update={"last_contacts": past[:MOST_CONTACTS]})


async def _past_calls(session: AsyncSession, contact: Contact) -> list[PastContact]:
    if contact.number is None:
        return []
    return [
        PastContact(
            at=earlier.started_at,
            channel="call",
            text=earlier.disposition or earlier.outcome or "",
            journey_id=str(earlier.id),
            order_id=str(earlier.order_id) if earlier.order_id else None,
        )
        for earlier in await calls.last_of_number(session, contact.number)
        if earlier.id != contact.journey_id
    ]


def likely_reason(caller: CallerOut) -> Reason | None:
    """The open order the call is probably about: trouble first, then a word that is due, then the next visit."""
    if caller.customer is None:
        return None
    ranks = {
        State.REWORK: 0,
        State.DISPUTED: 0,
        State.SUBMITTED: 1,
        State.IN_SERVICE: 2,
        State.SCHEDULED: 3,
        State.ACCEPTED: 4,
    }
    known = [order for order in caller.customer["open_orders"] if order["state"] in ranks]
    if not known:
        return None
    order = min(known, key=lambda found: ranks[State(found["state"])])
    params = {"item_name": order["item_name"], "number": order["number"], "state": order["state"]}
    return Reason(order_id=order["id"], text_key=f"reason.{order['state'].lower()}", params=params)
