"""Orders move through the one door only, with clocks, totals and history behind them."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.auth.permissions import Role
from callcenter.customers.models import Customer
from callcenter.foundation.errors import Refused
from callcenter.foundation.facts import FactRow
from callcenter.foundation.timers import TimerLoop, TimerRow
from callcenter.seed.reading import json_of, stable_id
from callcenter.work_orders import clocks, holds, transitions
from callcenter.work_orders.actors import SYSTEM, Actor
from callcenter.work_orders.models import OrderDay, WorkOrder
from callcenter.work_orders.numbering import next_number
from callcenter.work_orders.numbers import is_order_number, order_number, short_code
from callcenter.work_orders.states import Command, Party, State
from tests.integration.orders.conftest import City

FIRM = Actor("firm:1", frozenset({Party.FRANCHISEE}))
FOLLOW_UP = Actor("office:follow-up", frozenset({Party.FOLLOW_UP}))
OFFER = {"franchisee_id": stable_id("franchisee", json_of("franchisees.json")[1]["licence"]), "cause": "owner"}


async def move(city: City, order_id: str, command: Command, by: Actor, **fields: Any) -> WorkOrder:
    reason = fields.pop("reason", None)
    async with city.ledger.transaction() as tx:
        order = await transitions.locked(tx, uuid.UUID(order_id))
        await transitions.move(tx, order, command, by=by, reason=reason, fields=fields)
    return order


async def to_submitted(city: City, order_id: str, charged_fen: int = 9000) -> WorkOrder:
    await move(city, order_id, Command.OFFER, SYSTEM, **OFFER)
    await move(city, order_id, Command.ACCEPT, FIRM)
    await move(city, order_id, Command.SCHEDULE, FIRM, worker_name="刘师傅", contact_logged=True)
    await move(city, order_id, Command.ARRIVE, FIRM)
    return await move(city, order_id, Command.SUBMIT, FIRM, charged_fen=charged_fen, result="完成")


async def customer_of(city: City, order: dict[str, Any]) -> Customer:
    async with city.ledger.reading() as session:
        return await session.get_one(Customer, uuid.UUID(order["customer"]["id"]))


async def fired(city: City) -> list[tuple[str, str, bool]]:
    await TimerLoop(city.ledger, clocks.TIMER_HANDLERS).run_once()
    async with city.ledger.reading() as session:
        facts = await session.scalars(
            select(FactRow).where(FactRow.type.startswith("work_order.sla")).order_by(FactRow.position)
        )
        return [(fact.type.rpartition("_")[2], fact.data["limit"], fact.data["late"]) for fact in facts]


async def test_a_whole_life_leaves_a_whole_history(city: City) -> None:
    order = await city.placed()
    await to_submitted(city, order["id"])
    await move(city, order["id"], Command.CLOSE, FOLLOW_UP, satisfaction=5)
    shown = (await city.client.get(f"/api/v1/work-orders/{order['id']}")).json()
    assert [step["to"] for step in shown["history"]] == [
        "draft", "pending_dispatch", "offered", "accepted", "scheduled", "in_service", "submitted", "closed",
    ]  # fmt: skip
    assert shown["franchisee_name"] == "团结里水暖维修部"
    assert shown["worker_name"] == "刘师傅"
    assert shown["due_at"] is None
    customer = await customer_of(city, order)
    assert (customer.open_orders, customer.amount_fen, customer.points) == (0, 9000, 90)


async def test_totals_follow_a_dispute_and_a_reopening(city: City) -> None:
    order = await city.placed()
    await to_submitted(city, order["id"])
    await move(city, order["id"], Command.CLOSE, FOLLOW_UP, satisfaction=2)
    complaints = Actor("office:complaints", frozenset({Party.COMPLAINTS}))
    await move(city, order["id"], Command.DISPUTE, complaints, reason="多收费", severity=2)
    frozen = await customer_of(city, order)
    assert (frozen.open_orders, frozen.amount_fen, frozen.points) == (1, 0, 0)
    await move(city, order["id"], Command.DECIDE_CLOSE, complaints, decision="退差价")
    assert (await customer_of(city, order)).amount_fen == 9000


async def test_what_the_table_forbids_names_state_and_wish(city: City) -> None:
    order = await city.placed()
    answer = await city.client.post(
        f"/api/v1/work-orders/{order['id']}/commands", json={"command": "reopen", "reason": "x"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "transition_refused")
    assert answer.json()["params"] == {"state": "pending_dispatch", "wish": "reopen"}


async def test_an_agent_cancels_with_reason_and_fault_but_does_not_dispatch(city: City) -> None:
    order = await city.placed()
    url = f"/api/v1/work-orders/{order['id']}/commands"
    missing = await city.client.post(url, json={"command": "cancel", "reason": "客户自己修好了"})
    assert (missing.status_code, missing.json()["code"]) == (422, "fields_missing")
    assert missing.json()["params"] == {"fields": ["party_at_fault"]}
    offered = await city.client.post(url, json={"command": "offer"})
    assert (offered.status_code, offered.json()["code"]) == (403, "transition_not_permitted")
    body = {"command": "cancel", "reason": "客户自己修好了", "party_at_fault": "customer"}
    done = await city.client.post(url, json=body)
    assert done.json()["state"] == "cancelled"
    assert done.json()["history"][-1]["reason"] == "客户自己修好了"
    assert done.json()["commands"] == []
    again = await city.client.post(url, json=body)
    assert again.status_code == 409


async def test_an_order_is_merged_only_into_an_open_one_of_the_same_household(city: City) -> None:
    one, two = await city.placed(), await city.placed()
    other = await city.placed(customer_name="别人")
    url = f"/api/v1/work-orders/{one['id']}/commands"
    for target in (one["id"], other["id"], "00000000-0000-0000-0000-000000000001"):
        refused = await city.client.post(url, json={"command": "merge", "merged_into_id": target})
        assert refused.json()["code"] == "merge_target_unfit"
    merged = await city.client.post(url, json={"command": "merge", "merged_into_id": two["id"]})
    assert merged.json()["state"] == "merged"


async def test_reopening_after_the_warranty_needs_the_supervisor(city: City) -> None:
    order = await city.placed()
    await to_submitted(city, order["id"])
    await move(city, order["id"], Command.CLOSE, FOLLOW_UP, satisfaction=4)
    city.clock.advance(timedelta(days=8))
    url, body = f"/api/v1/work-orders/{order['id']}/commands", {"command": "reopen", "reason": "又漏了"}
    assert (await city.client.post(url, json=body)).json()["code"] == "warranty_over"
    city.sign_in(await city.person(Role.SUPERVISOR))
    assert (await city.client.post(url, json=body)).json()["state"] == "rework"


async def test_a_limit_that_passes_is_a_fact_and_says_when_it_was_noticed_late(city: City) -> None:
    await city.placed()
    city.clock.advance(timedelta(seconds=70))
    assert await fired(city) == [("warning", "T-DISPATCH", False)]
    city.clock.advance(timedelta(minutes=10))
    assert await fired(city) == [
        ("warning", "T-DISPATCH", False),
        ("warning", "T-DISPATCH", True),
        ("breached", "T-DISPATCH", True),
    ]


async def test_a_timer_of_an_earlier_entry_does_nothing(city: City) -> None:
    order = await city.placed()
    await move(city, order["id"], Command.OFFER, SYSTEM, **OFFER)
    await move(city, order["id"], Command.DECLINE, SYSTEM, reason="expired")
    async with city.ledger.transaction() as tx:
        stale = await tx.session.scalar(
            select(TimerRow).where(TimerRow.entry_seq == 2, TimerRow.code == "T-DISPATCH")
        )
        assert stale is not None
        assert stale.ended_at is not None
        await clocks.on_timer(tx, stale)
    assert await fired(city) == []
    city.clock.advance(timedelta(minutes=3))
    assert ("breached", "T-DISPATCH", False) in await fired(city), "the fresh entry has a fresh timer"


async def test_a_pause_for_the_customer_stops_the_clock_and_gives_back_what_was_left(city: City) -> None:
    order = await city.placed(item_code="lamp-install", quoted_total_fen=6000)  # P2: two hours to contact
    await move(city, order["id"], Command.OFFER, SYSTEM, **OFFER)
    accepted = await move(city, order["id"], Command.ACCEPT, FIRM)
    assert accepted.due_at == city.clock.at + timedelta(hours=2)
    city.clock.advance(timedelta(hours=1))
    async with city.ledger.transaction() as tx:
        held = await transitions.locked(tx, accepted.id)
        await holds.hold(tx, held, by=SYSTEM, reason="客户出门", by_customer=True)
        assert held.due_at is None
        with pytest.raises(Refused):
            await holds.hold(tx, held, by=SYSTEM, reason="again", by_customer=True)
    city.clock.advance(timedelta(hours=24))
    assert await fired(city) == []
    async with city.ledger.transaction() as tx:
        released = await transitions.locked(tx, accepted.id)
        await holds.release(tx, released, by=SYSTEM)
    assert released.due_at == city.clock.at + timedelta(hours=1)


async def test_a_pause_of_the_firms_making_stops_nothing(city: City) -> None:
    order = await city.placed()
    await move(city, order["id"], Command.OFFER, SYSTEM, **OFFER)
    accepted = await move(city, order["id"], Command.ACCEPT, FIRM)
    async with city.ledger.transaction() as tx:
        held = await transitions.locked(tx, accepted.id)
        await holds.hold(tx, held, by=FIRM, reason="缺配件", by_customer=False)
    city.clock.advance(timedelta(minutes=11))
    assert ("breached", "T-CONTACT", False) in await fired(city)


async def test_two_firms_cannot_both_accept(city: City) -> None:
    order = await city.placed()
    await move(city, order["id"], Command.OFFER, SYSTEM, **OFFER)
    results = await asyncio.gather(
        *(move(city, order["id"], Command.ACCEPT, FIRM) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Refused", "WorkOrder"]


async def test_orders_placed_at_once_have_numbers_of_their_own(city: City) -> None:
    answers = await asyncio.gather(*(city.place(city.form(customer_name=f"户{n}")) for n in range(8)))
    numbers = {answer.json()["order"]["number"] for answer in answers}
    assert len(numbers) == 8
    assert all(is_order_number(number) for number in numbers)
    assert {int(number[6:11]) for number in numbers} == set(range(1, 9))


async def test_a_short_code_is_given_once_among_open_orders(city: City) -> None:
    order = await city.placed()
    async with city.ledger.transaction() as tx:
        clashing = await transitions.locked(tx, uuid.UUID(order["id"]))
        clashing.short_code = short_code(order_number("261124", 1))
    city.clock.advance(timedelta(hours=20))
    assert (await city.placed())["number"] == order_number("261124", 2)
    await move(
        city,
        order["id"],
        Command.CANCEL,
        Actor("office", frozenset({Party.AGENT})),
        reason="x",
        party_at_fault="none",
    )
    async with city.ledger.transaction() as tx:
        (await tx.session.get_one(OrderDay, "261124")).last = 0
        assert await next_number(tx) == order_number("261124", 1)


async def test_one_save_sent_twice_at_the_same_time_makes_one_order(city: City) -> None:
    form = city.form()
    answers = await asyncio.gather(*(city.place(form, key="the-same-key") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["order"]["id"] for answer in answers}) == 1


async def test_cancelling_before_dispatch_is_the_end(city: City) -> None:
    order = await city.placed()
    agent = Actor("office:agent", frozenset({Party.AGENT}))
    cancelled = await move(city, order["id"], Command.CANCEL, agent, reason="x", party_at_fault="none")
    assert cancelled.state == State.CANCELLED
    async with city.ledger.reading() as session:
        running = list(await session.scalars(select(TimerRow).where(TimerRow.ended_at.is_(None))))
    assert running == []
