"""From the form on the wire to the request of the use case."""

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.auth.identity import SignedIn
from callcenter.catalogue.schemas import hundredths
from callcenter.customers import repository as customers
from callcenter.foundation.errors import NotFound
from callcenter.foundation.phone_numbers import PhoneNumber, required
from callcenter.work_orders.filing import Applicant
from callcenter.work_orders.place import Request
from callcenter.work_orders.ports import JourneyOrigin, JourneyOrigins
from callcenter.work_orders.schemas import OrderForm, QuoteIn

CALLER = "caller"


async def origin_of(form: OrderForm, journeys: JourneyOrigins, person: SignedIn) -> JourneyOrigin | None:
    """The call the form was typed in. `NotFound` if it names one that does not exist, or somebody else's."""
    if form.journey_id is None:
        return None
    origin = await journeys.origin_of(form.journey_id, person)
    if origin is None:
        raise NotFound("journey_not_found")
    return origin


def request_of(form: OrderForm, origin: JourneyOrigin | None, *, area_code: str) -> Request:
    """`Invalid` for a contact number that is none; "caller" of a withheld call is a missing number."""
    caller = PhoneNumber(origin.caller) if origin and origin.caller else None
    wanted = form.wanted
    return Request(
        kind=form.kind,
        applicant=Applicant(
            customer_id=form.customer_id,
            customer_name=form.customer_name,
            contact_name=form.contact_name,
            caller=caller,
            contact_number=_contact_number(form.contact_number, caller, area_code),
        ),
        origin=origin,
        item_code=form.item_code,
        quantity=hundredths(form.quantity) if form.quantity is not None else None,
        address_text=form.address_text,
        zone_id=form.zone_id,
        wanted_from=wanted.from_ if wanted else None,
        wanted_to=wanted.to if wanted else None,
        wanted_clock=wanted.clock.value if wanted else "beijing",
        remarks=form.remarks,
        price_agreed=form.price_agreed,
        quoted_total_fen=form.quoted_total_fen,
        priority=form.priority,
    )


def _contact_number(written: str, caller: PhoneNumber | None, area_code: str) -> PhoneNumber | None:
    if written in ("", CALLER):
        return caller
    return required(written, area_code=area_code)


async def tier_for(session: AsyncSession, body: QuoteIn) -> str:
    """The tier a quote is made for."""
    return "none" if body.customer_id is None else (await customers.get(session, body.customer_id)).tier
