"""The one door between states. Nothing else writes a work order's state.

It checks the table, the party, the fields and the guards; writes the history; re-arms the clocks with the new
`entry_seq`; keeps the household's totals; and records the facts.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import update

from callcenter.customers import totals
from callcenter.foundation import timers
from callcenter.foundation.clock import iso
from callcenter.foundation.errors import Invalid, NotFound, NotPermitted, Refused
from callcenter.foundation.facts import Fact
from callcenter.foundation.ids import new_id
from callcenter.foundation.transactions import Transaction
from callcenter.work_orders import guards, states
from callcenter.work_orders.actors import Actor
from callcenter.work_orders.deadlines import Entry, deadlines
from callcenter.work_orders.models import Hold, StateChange, WorkOrder
from callcenter.work_orders.states import TERMINAL, Command, Row, State

FIELDS_ON_ORDER = (
    "franchisee_id", "worker_name", "charged_fen", "satisfaction", "wanted_from", "wanted_to", "wanted_clock",
    "merged_into_id",
)  # fmt: skip
"""Fields of a command that are kept on the order itself, besides the history."""
_POINTS_PER_TEN_YUAN = {"none": 10, "silver": 12, "gold": 15, "diamond": 20}


def subject_of(order_id: uuid.UUID) -> str:
    return f"order:{order_id}"


async def locked(tx: Transaction, order_id: uuid.UUID) -> WorkOrder:
    """The order, locked until the commit. `NotFound`."""
    order = await tx.session.get(WorkOrder, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound("order_not_found")
    return order


async def move(
    tx: Transaction,
    order: WorkOrder,
    command: Command,
    *,
    by: Actor,
    reason: str | None = None,
    fields: dict[str, Any] | None = None,
) -> StateChange:
    """Carry out `command` on a locked order.

    `Refused` (409) where the table or a guard is against it, `NotPermitted` (403) for a wrong party, `Invalid` (422)
    for missing fields.
    """
    given = fields or {}
    before = State(order.state) if order.entry_seq else None
    row = _row(order, before, command, by, {**given, "reason": reason}, tx.now)
    await _check_fields(tx, order, given)
    for name in FIELDS_ON_ORDER:
        if name in given:
            setattr(order, name, given[name])
    if row.to is State.PENDING_DISPATCH:
        order.franchisee_id = order.worker_name = None
    await _release_hold(tx, order)
    order.state, order.entry_seq, order.entered_at = row.to, order.entry_seq + 1, tx.now
    change = StateChange(
        id=new_id(),
        order_id=order.id,
        entry_seq=order.entry_seq,
        at=tx.now,
        from_state=before,
        to_state=row.to,
        command=command,
        actor=by.name,
        reason=reason,
        data=_as_json(given),
    )
    await _arm(tx, order)
    await _count(tx, order, before)
    await tx.session.flush()
    tx.session.add(change)
    _record(tx, order, row, by, before)
    return change


def _row(
    order: WorkOrder, before: State | None, command: Command, by: Actor, given: dict[str, Any], now: datetime
) -> Row:
    present = {name for name, value in given.items() if value is not None and value is not False and value != ""}
    present |= {name for name in states.ON_ORDER if getattr(order, name)}
    try:
        row = states.advance(before, command, by.parties, frozenset(present))
    except states.NotInTable:
        raise Refused("transition_refused", state=before, wish=command.value) from None
    except states.NotForParty:
        raise NotPermitted("transition_not_permitted", state=before, wish=command.value) from None
    except states.FieldsMissing as missing:
        raise Invalid("fields_missing", fields=missing.args[0]) from None
    standing = guards.Circumstances(order.entered_at, order.closed_at, now)
    objection = guards.objection(command, by.parties, given, standing)
    if objection is not None:
        raise Refused(objection, state=before, wish=command.value)
    return row


async def _check_fields(tx: Transaction, order: WorkOrder, given: dict[str, Any]) -> None:
    """A new appointment lies ahead; an order is merged into another open one of the same household."""
    if (wanted_to := given.get("wanted_to")) is not None and wanted_to <= tx.now:
        raise Invalid("wanted_past")
    if (target_id := given.get("merged_into_id")) is not None:
        target = await tx.session.get(WorkOrder, target_id)
        fits = target is not None and target.id != order.id and target.customer_id == order.customer_id
        if target is None or not fits or target.state in TERMINAL:
            raise Refused("merge_target_unfit")


async def _release_hold(tx: Transaction, order: WorkOrder) -> None:
    """An order that moves on is held no longer."""
    if order.held_since is not None:
        order.held_since = order.hold_reason = None
        await tx.session.execute(
            update(Hold).where(Hold.order_id == order.id, Hold.to_at.is_(None)).values(to_at=tx.now)
        )


async def _arm(tx: Transaction, order: WorkOrder) -> None:
    subject = subject_of(order.id)
    await timers.cancel(tx, subject=subject)
    limits = deadlines(State(order.state), entry_of(order))
    order.due_at = limits[0].due_at if limits else None
    for limit in limits:
        instants = {limit.code: limit.due_at} | {f"{limit.code}.{p}": at for p, at in limit.warn_at.items()}
        for code, at in instants.items():
            await timers.arm(tx, subject=subject, entry_seq=order.entry_seq, code=code, due_at=at)


def entry_of(order: WorkOrder) -> Entry:
    return Entry(order.priority, order.entered_at, order.wanted_from, order.wanted_to, order.outer_zone)


async def _count(tx: Transaction, order: WorkOrder, before: State | None) -> None:
    """Open orders follow the state; amount and points follow what was charged while the order is closed."""
    was_open, is_open = before is not None and before not in TERMINAL, order.state not in TERMINAL
    closed = int(order.state == State.CLOSED) - int(before is State.CLOSED)
    if order.state == State.CLOSED:
        order.closed_at = tx.now
    if order.customer_id is None:
        return
    charged = order.charged_fen or 0
    await totals.adjust(
        tx,
        customer_id=order.customer_id,
        orders=int(before is None),
        open_orders=int(is_open) - int(was_open),
        amount_fen=closed * charged,
        points=closed * (charged * _POINTS_PER_TEN_YUAN[order.customer_tier] // 1000),
    )


def _record(tx: Transaction, order: WorkOrder, row: Row, by: Actor, before: State | None) -> None:
    data = {
        "order_id": str(order.id),
        "number": order.number,
        "from": before,
        "to": row.to.value,
        "command": row.command.value,
        "row": row.number,
        "entry_seq": order.entry_seq,
        "due_at": iso(order.due_at),
        "journey_id": str(order.journey_id) if order.journey_id else None,
    }
    tx.record(Fact(f"work_order.{row.to}", subject_of(order.id), data, by.name))
    if row.command is Command.CONFIRM:
        tx.record(Fact("work_order.confirmed", subject_of(order.id), data, by.name))


def _as_json(given: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return iso(value)
        return str(value) if isinstance(value, uuid.UUID) else value

    return {name: plain(value) for name, value in given.items()}
