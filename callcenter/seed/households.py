"""Invented households with numbers and addresses."""

from datetime import timedelta
from typing import Any

from callcenter.customers import linking
from callcenter.customers.models import Customer
from callcenter.foundation.phone_numbers import required
from callcenter.foundation.transactions import Ledger, Transaction
from callcenter.seed.reading import json_of, stable_id
from callcenter.seed.reference import zone_id

_KNOWN_FOR = timedelta(days=300)
ACTOR = "system"


async def seed_households(ledger: Ledger) -> None:
    """Each household once; what has been added to one since stays."""
    for row in json_of("households.json"):
        async with ledger.transaction() as tx:
            if await tx.session.get(Customer, household_id(row["name"])) is None:
                await _household(tx, row)


def household_id(name: str) -> Any:
    """The id of a demo household by its name."""
    return stable_id("household", name)


async def _household(tx: Transaction, row: dict[str, Any]) -> None:
    customer = Customer(
        id=household_id(row["name"]),
        name=row["name"],
        tier=row["tier"],
        language=row["language"],
        note=row["note"],
        note_at=tx.now - _KNOWN_FOR / 10 if row["note"] else None,
        since=tx.now - _KNOWN_FOR,
    )
    tx.session.add(customer)
    await tx.session.flush()
    for entry in row["numbers"]:
        contact = await linking.remember_contact(tx, customer_id=customer.id, name=entry["contact"])
        await linking.link_number(
            tx,
            customer_id=customer.id,
            number=required(entry["number"]),
            actor=ACTOR,
            label=entry["label"],
            contact_id=contact.id,
        )
    for entry in row["addresses"]:
        await linking.remember_address(
            tx,
            customer_id=customer.id,
            text=entry["text"],
            zone_id=zone_id(entry["zone"]),
            confirmed=entry["confirmed"],
        )
