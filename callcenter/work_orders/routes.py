"""HTTP: quotes, placing orders, reading and moving them."""

import uuid
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import HTTPConnection

from callcenter.auth.dependencies import require
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.catalogue.schemas import QuoteOut, hundredths
from callcenter.customers.schemas import Text
from callcenter.foundation.errors import NotPermitted
from callcenter.foundation.web import LedgerDep, SettingsDep
from callcenter.intakes import drafts
from callcenter.work_orders import customer_card, quoting, repository, requests, transitions, views
from callcenter.work_orders.actors import actor_of
from callcenter.work_orders.place import place_once
from callcenter.work_orders.ports import JourneyOrigins
from callcenter.work_orders.schemas import (
    CommandIn,
    CustomerCard,
    IntakeBrief,
    Order,
    OrderForm,
    OrderPage,
    Placed,
    QuoteIn,
)
from callcenter.work_orders.states import OFFICE, State

router = APIRouter(prefix="/api/v1", tags=["work orders"])
Creator = Annotated[SignedIn, Depends(require(Permission.ORDERS_CREATE))]
Reader = Annotated[SignedIn, Depends(require(Permission.ORDERS_READ))]


async def _journey_origins(connection: HTTPConnection) -> JourneyOrigins:
    return cast(JourneyOrigins, connection.app.state.journey_origins)


OriginsDep = Annotated[JourneyOrigins, Depends(_journey_origins)]


@router.post("/quotes", dependencies=[Depends(require(Permission.CATALOGUE_READ))])
async def quote(body: QuoteIn, ledger: LedgerDep) -> QuoteOut:
    """What a service costs this household at that time and place."""
    async with ledger.reading() as session:
        _, made = await quoting.quote(
            session,
            item_code=body.item_code,
            quantity=hundredths(body.quantity),
            tier=await requests.tier_for(session, body),
            now=ledger.clock.now(),
            start=body.start,
            zone_id=body.zone_id,
        )
    return QuoteOut.model_validate(made)


@router.post("/work-orders", status_code=201)
async def place_order(
    form: OrderForm,
    ledger: LedgerDep,
    settings: SettingsDep,
    origins: OriginsDep,
    person: Creator,
    idempotency_key: Annotated[str, Header()] = "",
) -> Placed:
    """Save the form; the same key with the same form gives the same order again."""
    actor = actor_of(person)
    origin = await requests.origin_of(form, origins, person)
    request = requests.request_of(form, origin, area_code=settings.area_code)
    async with ledger.transaction() as tx:
        placed = await place_once(tx, request, by=actor, key=idempotency_key, body=form.model_dump(mode="json"))
        if form.journey_id is not None:
            await drafts.discard(tx, journey_id=form.journey_id, user_id=person.user_id)
    async with ledger.reading() as session:
        order = placed.order and await views.order_page(
            session, await repository.find(session, str(placed.order.id)), actor.parties
        )
    intake = placed.intake
    return Placed(order=order, intake=IntakeBrief(id=str(intake.id), kind=intake.kind, state=intake.state))


@router.get("/work-orders")
async def list_orders(
    ledger: LedgerDep,
    settings: SettingsDep,
    person: Reader,
    state: State | None = None,
    q: Annotated[Text, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> OrderPage:
    """Orders newest first, fifty a page."""
    async with ledger.reading() as session:
        found, more = await repository.page(
            session, state=state, query=q.strip(), cursor=cursor, area_code=settings.area_code
        )
        return OrderPage(items=await views.briefs(session, found), next_cursor=more)


@router.get("/work-orders/{id_or_number}")
async def read_order(id_or_number: str, ledger: LedgerDep, person: Reader) -> Order:
    """One order, by id or by order number."""
    async with ledger.reading() as session:
        found = await repository.find(session, id_or_number)
        return await views.order_page(session, found, actor_of(person).parties)


@router.post("/work-orders/{order_id}/commands")
async def command_order(order_id: uuid.UUID, body: CommandIn, ledger: LedgerDep, person: Reader) -> Order:
    """Move an order through the table (cancel, merge, reopen …). 409 `transition_refused` with state and wish."""
    person.must(Permission.ORDERS_TRANSITION)
    if body.command not in OFFICE:
        raise NotPermitted("transition_not_permitted", wish=body.command.value)
    actor = actor_of(person)
    async with ledger.transaction() as tx:
        order = await transitions.locked(tx, order_id)
        await transitions.move(tx, order, body.command, by=actor, reason=body.reason, fields=body.fields())
    async with ledger.reading() as session:
        return await views.order_page(session, await repository.find(session, str(order_id)), actor.parties)


@router.get("/customers/{customer_id}", dependencies=[Depends(require(Permission.CUSTOMERS_READ))])
async def read_customer(customer_id: uuid.UUID, ledger: LedgerDep) -> CustomerCard:
    """A household with its open orders; numbers masked."""
    async with ledger.reading() as session:
        return await customer_card.read(session, customer_id)
