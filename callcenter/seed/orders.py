"""Invented orders, each led through the real use cases at the times a real one would have had.

They run on a ledger without handlers: no text leaves for an invented number.
"""

from datetime import datetime, timedelta
from typing import Any

from callcenter.customers import repository as customers
from callcenter.foundation.calendars import BEIJING
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.transactions import Ledger, Transaction
from callcenter.intakes.kinds import IntakeKind
from callcenter.seed.households import household_id
from callcenter.seed.reading import json_of, stable_id
from callcenter.work_orders import quoting, transitions
from callcenter.work_orders.actors import Actor
from callcenter.work_orders.filing import Applicant
from callcenter.work_orders.models import WorkOrder
from callcenter.work_orders.place import Request, place_once
from callcenter.work_orders.states import Command, Party

_C, _P = Command, Party
_VISIT_HOURS = 2
_FIRST_HOUR, _LAST_HOUR = 9, 18
_HISTORY: dict[str, tuple[Command, ...]] = {
    "pending": (),
    "offered": (_C.OFFER,),
    "accepted": (_C.OFFER, _C.ACCEPT),
    "scheduled": (_C.OFFER, _C.ACCEPT, _C.SCHEDULE),
    "in_service": (_C.OFFER, _C.ACCEPT, _C.SCHEDULE, _C.ARRIVE),
    "submitted": (_C.OFFER, _C.ACCEPT, _C.SCHEDULE, _C.ARRIVE, _C.SUBMIT),
    "closed": (_C.OFFER, _C.ACCEPT, _C.SCHEDULE, _C.ARRIVE, _C.SUBMIT, _C.CLOSE),
    "rework": (_C.OFFER, _C.ACCEPT, _C.SCHEDULE, _C.ARRIVE, _C.SUBMIT, _C.SEND_BACK),
    "disputed": (_C.OFFER, _C.ACCEPT, _C.SCHEDULE, _C.ARRIVE, _C.SUBMIT, _C.CLOSE, _C.DISPUTE),
    "cancelled": (_C.CANCEL,),
    "unfulfilled": (_C.GIVE_UP,),
}
_BY = {
    _C.OFFER: _P.SYSTEM, _C.ACCEPT: _P.FRANCHISEE, _C.SCHEDULE: _P.FRANCHISEE, _C.ARRIVE: _P.FRANCHISEE,
    _C.SUBMIT: _P.FRANCHISEE, _C.CLOSE: _P.FOLLOW_UP, _C.SEND_BACK: _P.FOLLOW_UP, _C.DISPUTE: _P.COMPLAINTS,
    _C.CANCEL: _P.AGENT, _C.GIVE_UP: _P.ZONE_MANAGER,
}  # fmt: skip
_MINUTES_AFTER = {
    _C.OFFER: 3, _C.ACCEPT: 6, _C.SCHEDULE: 20, _C.CANCEL: 45, _C.GIVE_UP: 300,
}  # fmt: skip
"""Minutes after placing; later steps follow the visit."""
_HOURS_AFTER_VISIT = {_C.ARRIVE: 0.1, _C.SUBMIT: 2.0, _C.CLOSE: 22.0, _C.SEND_BACK: 4.0, _C.DISPUTE: 60.0}


async def seed_orders(ledger: Ledger, *, agent: str) -> None:
    """Each order of the data file once, as if `agent` (`user:<id>`) had placed it."""
    now = ledger.clock.now()
    for row in sorted(json_of("orders.json"), key=lambda r: -r["hours_ago"]):
        await _order(ledger, row, now, agent)


async def _order(ledger: Ledger, row: dict[str, Any], now: datetime, agent: str) -> None:
    clock = FrozenClock(now - timedelta(hours=row["hours_ago"]))
    past = Ledger(ledger.database, clock)
    placed_at, wanted = clock.at, _visit(row, clock.at)
    async with past.transaction() as tx:
        key = str(stable_id("order", f"{row['customer']}:{row['item']}:{row['hours_ago']}"))
        request = await _request(tx, row, wanted)
        placed = await place_once(tx, request, by=Actor(agent, frozenset({Party.AGENT})), key=key, body={"seed": key})
        if placed.order is None or placed.order.entry_seq > 2:
            return
        order_id = placed.order.id
    for command in _HISTORY[row["path"]]:
        clock.at = min(_instant(command, placed_at, wanted), now)
        async with past.transaction() as tx:
            order = await transitions.locked(tx, order_id)
            actor = Actor("system", frozenset({_BY[command]}))
            fields = _fields(command, row, order)
            await transitions.move(tx, order, command, by=actor, reason=_REASONS.get(command), fields=fields)


def _visit(row: dict[str, Any], placed_at: datetime) -> datetime:
    """The wanted hour, on the full hour; what would fall into the night is wanted the next morning."""
    wanted = (placed_at + timedelta(hours=row["wanted_in"] + 1)).replace(minute=0, second=0, microsecond=0)
    hour = wanted.astimezone(BEIJING).hour
    return wanted if _FIRST_HOUR <= hour <= _LAST_HOUR else wanted + timedelta(hours=(_FIRST_HOUR - hour) % 24)


def _instant(command: Command, placed_at: datetime, wanted: datetime) -> datetime:
    if command in _MINUTES_AFTER:
        return placed_at + timedelta(minutes=_MINUTES_AFTER[command])
    return wanted + timedelta(hours=_HOURS_AFTER_VISIT[command])


_REASONS = {
    _C.CANCEL: "客户自行解决",
    _C.GIVE_UP: "该区域暂无持证师傅",
    _C.SEND_BACK: "客户反映没有修好",
    _C.DISPUTE: "实收与报价不符",
}


def _fields(command: Command, row: dict[str, Any], order: WorkOrder) -> dict[str, Any]:
    firms = json_of("franchisees.json")
    fields: dict[Command, dict[str, Any]] = {
        _C.OFFER: {
            "franchisee_id": stable_id("franchisee", firms[row["firm"]]["licence"]),
            "cause": "owner",
        },
        _C.SCHEDULE: {"worker_name": "刘师傅", "contact_logged": True},
        _C.SUBMIT: {"charged_fen": order.total_fen, "result": "完成"},
        _C.CLOSE: {"satisfaction": row.get("satisfaction", 4)},
        _C.DISPUTE: {"severity": 2},
        _C.CANCEL: {"party_at_fault": "none"},
        _C.GIVE_UP: {"customer_told": True},
    }
    return fields.get(command, {})


async def _request(tx: Transaction, row: dict[str, Any], wanted: datetime) -> Request:
    customer = await customers.get(tx.session, household_id(row["customer"]))
    number = (await customers.numbers_of(tx.session, customer.id))[0]
    address = next(a for a in await customers.addresses_of(tx.session, customer.id) if a.confirmed)
    _, quote = await quoting.quote(
        tx.session,
        item_code=row["item"],
        quantity=row["quantity"],
        tier=customer.tier,
        now=tx.now,
        start=wanted,
        zone_id=address.zone_id,
    )
    contact = PhoneNumber(number.number)
    return Request(
        kind=IntakeKind.HELP,
        applicant=Applicant(customer.id, customer.name, customer.name, contact, contact),
        origin=None,
        item_code=row["item"],
        quantity=row["quantity"],
        address_text=address.text,
        zone_id=address.zone_id,
        wanted_from=wanted,
        wanted_to=wanted + timedelta(hours=_VISIT_HOURS),
        wanted_clock="beijing",
        remarks=row["remarks"],
        price_agreed=True,
        quoted_total_fen=quote.total_fen,
        priority=None,
    )
