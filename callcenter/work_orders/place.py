"""Use case: what an agent has typed while talking becomes an intake and, for help, an order ready for dispatch."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from callcenter.catalogue.models import ServiceItem
from callcenter.catalogue.pricing import Quote
from callcenter.catalogue.schemas import QuoteOut, quote_data
from callcenter.customers import linking
from callcenter.customers.models import Customer
from callcenter.foundation import idempotency
from callcenter.foundation.errors import Invalid, Refused
from callcenter.foundation.ids import new_id
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.transactions import Transaction
from callcenter.intakes import registering
from callcenter.intakes.kinds import Channel, IntakeKind
from callcenter.intakes.models import Intake
from callcenter.work_orders import numbering, numbers, quoting, repository, transitions
from callcenter.work_orders.actors import Actor
from callcenter.work_orders.filing import Applicant, household_of
from callcenter.work_orders.models import WorkOrder
from callcenter.work_orders.ports import JourneyOrigin
from callcenter.work_orders.states import Command
from callcenter.zones import repository as zones


@dataclass(frozen=True, slots=True)
class Request:
    """A form with its references resolved: numbers normalised, quantity in hundredths, instants aware UTC."""

    kind: IntakeKind
    applicant: Applicant
    origin: JourneyOrigin | None
    item_code: str | None
    quantity: int | None
    address_text: str
    zone_id: uuid.UUID | None
    wanted_from: datetime | None
    wanted_to: datetime | None
    wanted_clock: str
    remarks: str
    price_agreed: bool
    quoted_total_fen: int | None
    priority: str | None
    channel: Channel = Channel.CALL

    def missing(self) -> list[str]:
        """What an order still lacks, by the names of the HTTP contract."""
        present = {
            "item": bool(self.item_code and self.quantity),
            "address": bool(self.address_text),
            "zone": self.zone_id is not None,
            "wanted": self.wanted_from is not None,
            "contact_number": self.applicant.contact_number is not None,
            "price_agreed": self.price_agreed and self.quoted_total_fen is not None,
        }
        return [name for name, there in present.items() if not there]


@dataclass(frozen=True, slots=True)
class Placed:
    intake: Intake
    order: WorkOrder | None


async def place_once(tx: Transaction, request: Request, *, by: Actor, key: str, body: dict[str, Any]) -> Placed:
    """As `place`, but a second save with the same key and the same `body` gives what the first one made."""
    earlier = await idempotency.earlier_result(tx, actor=by.name, key=key, request=body)
    intake_id = new_id()
    if earlier is None:
        try:
            async with tx.session.begin_nested():
                idempotency.keep_result(tx, actor=by.name, key=key, request=body, result=str(intake_id))
        except IntegrityError:  # the same save came twice at once; the other one has just been committed
            earlier = await idempotency.earlier_result(tx, actor=by.name, key=key, request=body)
    if earlier is None:
        return await place(tx, request, by=by, intake_id=intake_id)
    intake = await tx.session.get_one(Intake, uuid.UUID(earlier))
    return Placed(intake, await repository.of_intake(tx.session, intake.id))


async def place(tx: Transaction, request: Request, *, by: Actor, intake_id: uuid.UUID | None = None) -> Placed:
    """Register the intake; for help also open and confirm the order.

    `Invalid` order_incomplete {missing}, wanted_past, quantity_unusable; `Refused` quote_changed {quote};
    `NotFound` for an unknown item, zone or household.
    """
    helps = request.kind is IntakeKind.HELP
    if helps:
        _check(request, tx.now)
    customer = await household_of(tx, request.applicant, actor=by.name)
    priced = await _agreed_quote(tx, request, customer) if helps else None
    intake = await registering.register(
        tx,
        intake_id=intake_id or new_id(),
        kind=request.kind,
        channel=request.channel,
        actor=by.name,
        text=request.remarks,
        journey_id=request.origin.journey_id if request.origin else None,
        customer_id=customer.id,
    )
    if priced is None:
        return Placed(intake, None)
    order = await _open(tx, request, intake=intake, customer=customer, priced=priced, by=by)
    await transitions.move(tx, order, Command.CONFIRM, by=by)
    await linking.remember_address(
        tx, customer_id=customer.id, text=request.address_text, zone_id=request.zone_id, confirmed=True
    )
    return Placed(intake, order)


def _check(request: Request, now: datetime) -> None:
    missing = request.missing()
    if missing:
        raise Invalid("order_incomplete", missing=missing)
    if request.wanted_to is not None and request.wanted_to <= now:
        raise Invalid("wanted_past")


async def _agreed_quote(tx: Transaction, request: Request, customer: Customer) -> tuple[ServiceItem, Quote]:
    """Priced again here, so that an order never carries a price nobody read out."""
    item, quote = await quoting.quote(
        tx.session,
        item_code=request.item_code or "",
        quantity=request.quantity or 0,
        tier=customer.tier,
        now=tx.now,
        start=request.wanted_from,
        zone_id=request.zone_id,
    )
    if quote.total_fen != request.quoted_total_fen:
        raise Refused("quote_changed", quote=QuoteOut.model_validate(quote).model_dump(mode="json"))
    return item, quote


async def _open(
    tx: Transaction,
    request: Request,
    *,
    intake: Intake,
    customer: Customer,
    priced: tuple[ServiceItem, Quote],
    by: Actor,
) -> WorkOrder:
    """A new order in DRAFT."""
    item, quote = priced
    number = await numbering.next_number(tx)
    order = WorkOrder(
        id=new_id(),
        number=number,
        short_code=numbers.short_code(number),
        intake_id=intake.id,
        state="",
        entry_seq=0,
        entered_at=tx.now,
        priority=request.priority or item.priority,
        item_code=item.code,
        item_name=item.name,
        quantity=request.quantity,
        quote=quote_data(quote),
        total_fen=quote.total_fen,
        price_agreed=request.price_agreed,
        customer_id=customer.id,
        customer_name=customer.name,
        customer_tier=customer.tier,
        contact_name=request.applicant.contact_name,
        contact_number=_full(request.applicant.contact_number),
        address_text=request.address_text,
        wanted_from=request.wanted_from,
        wanted_to=request.wanted_to,
        wanted_clock=request.wanted_clock,
        remarks=request.remarks,
        journey_id=request.origin.journey_id if request.origin else None,
        recording_id=request.origin.recording_id if request.origin else None,
        created_by=by.name,
        created_at=tx.now,
        **await _zone_snapshot(tx, request.zone_id),
    )
    tx.session.add(order)
    await transitions.move(tx, order, Command.OPEN, by=by)
    return order


async def _zone_snapshot(tx: Transaction, zone_id: uuid.UUID | None) -> dict[str, Any]:
    if zone_id is None:
        return {"zone_path": []}
    zone, path = await zones.with_path(tx.session, zone_id)
    return {
        "zone_id": zone.id,
        "zone_version": await zones.version_name(tx.session, zone),
        "zone_path": path,
        "zone_level": zone.level,
        "outer_zone": await zones.is_outer(tx.session, zone.id),
    }


def _full(number: PhoneNumber | None) -> str | None:
    return number.full if number else None
