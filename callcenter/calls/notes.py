"""What people add to a journey: whose call it was, and what came of it (the disposition)."""

import uuid

from sqlalchemy import bindparam, func, select

from callcenter.agents import presence
from callcenter.agents import repository as agents
from callcenter.calls.models import JourneyNote, JourneyRow
from callcenter.customers import repository as customers
from callcenter.foundation.errors import Invalid, NotFound, Refused
from callcenter.foundation.facts import Fact
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.statements import insert_or_update, run, table_of
from callcenter.foundation.transactions import Transaction

DISPOSITIONS = (
    "rework",
    "reminder_noted",
    "moved_or_cancelled",
    "enquiry_answered",
    "information_given",
    "call_back_agreed",
    "out_of_scope",
    "wrong_or_silent",
)
"""What an agent chooses when no order came of the call, in the order of their keys 1–8."""

ORDER = "order"
NOT_GIVEN = "not_given"
"""Wrap-up ran out without a choice."""


async def get(tx: Transaction, journey_id: uuid.UUID) -> JourneyNote:
    """The notes of a journey, made on first use. `NotFound` if there is no such journey."""
    found = await tx.session.get(JourneyNote, journey_id)
    if found is None:
        if await tx.session.get(JourneyRow, journey_id) is None:
            raise NotFound("journey_not_found")
        found = JourneyNote(journey_id=journey_id)
        tx.session.add(found)
        await tx.session.flush()
    return found


_NOTES = table_of(JourneyNote)
_LINK = insert_or_update(
    _NOTES, ("journey_id",), {"customer_id": lambda new: func.coalesce(_NOTES.c.customer_id, new.customer_id)}
)
_DISPOSITION = select(_NOTES.c.disposition).where(_NOTES.c.journey_id == bindparam("journey_id"))


async def link_only_household(tx: Transaction, journey_id: uuid.UUID, number: PhoneNumber | None) -> None:
    """If just one household has the number, it is theirs, unless one is named; with several the agent chooses."""
    if number is None:
        return
    households = await customers.named_by_number(tx.session, number)
    if len(households) == 1:
        [(customer_id, _)] = households
        await run(tx.session, _LINK, {"journey_id": journey_id, "customer_id": customer_id})


async def set_customer(tx: Transaction, journey_id: uuid.UUID, customer_id: uuid.UUID, actor: str) -> None:
    """The agent says whose call it is."""
    await customers.get(tx.session, customer_id)
    note = await get(tx, journey_id)
    note.customer_id = customer_id
    data = {"customer_id": str(customer_id)}
    tx.record(Fact("journey.customer_set", f"journey:{journey_id}", data, actor))


async def is_disposed(tx: Transaction, journey_id: uuid.UUID) -> bool:
    """Whether an agent's word on it is written. (That none was given may wait for the flush: it does not count.)"""
    rows = await run(tx.session, _DISPOSITION, {"journey_id": journey_id})
    return bool(rows) and rows[0].disposition not in (None, NOT_GIVEN)


async def dispose(tx: Transaction, journey_id: uuid.UUID, *, code: str, note: str | None, actor: str) -> None:
    """The agent's word on a call without an order; ends wrap-up. `Invalid`, `NotFound`, `Refused`."""
    if code not in DISPOSITIONS:
        raise Invalid("unknown_disposition", given=code)
    row = await get(tx, journey_id)
    if row.disposition not in (None, NOT_GIVEN):
        raise Refused("already_disposed")
    _write(tx, row, code, actor)
    row.note = note
    await _end_wrap_ups(tx, journey_id, cause="disposed", actor=actor)


async def order_placed(
    tx: Transaction, journey_id: uuid.UUID, order_id: uuid.UUID, customer_id: uuid.UUID | None, actor: str
) -> None:
    """An order came of the call: that is its disposition, and it ends wrap-up. A second order changes nothing."""
    row = await get(tx, journey_id)
    row.customer_id = customer_id or row.customer_id
    if row.order_id is None:
        row.order_id = order_id
        _write(tx, row, ORDER, actor)
    await _end_wrap_ups(tx, journey_id, cause="order_saved", actor=actor)


async def intake_answered(tx: Transaction, journey_id: uuid.UUID, kind: str, actor: str) -> None:
    """What the caller wanted was written down and needed no order (an enquiry, praise): that is the disposition."""
    row = await get(tx, journey_id)
    if row.disposition in (None, NOT_GIVEN):
        _write(tx, row, f"intake_{kind}", actor)
    await _end_wrap_ups(tx, journey_id, cause="disposed", actor=actor)


async def not_given(tx: Transaction, journey_id: uuid.UUID) -> None:
    """Wrap-up ran out: the call still ends in exactly one disposition."""
    row = await get(tx, journey_id)
    if row.disposition is None:
        _write(tx, row, NOT_GIVEN, "system")


def _write(tx: Transaction, row: JourneyNote, code: str, actor: str) -> None:
    row.disposition, row.disposed_at, row.disposed_by = code, tx.now, actor
    data = {"code": code, "order_id": str(row.order_id) if row.order_id else None}
    tx.record(Fact("journey.disposed", f"journey:{row.journey_id}", data, actor))


async def _end_wrap_ups(tx: Transaction, journey_id: uuid.UUID, *, cause: str, actor: str) -> None:
    for agent, _ in await agents.on_journey(tx.session, journey_id):
        await presence.end_wrap_up(tx, agent, cause=cause, actor=actor)
