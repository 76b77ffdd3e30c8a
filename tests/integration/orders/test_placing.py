"""An agent saves the form while the caller is on the line."""

from typing import Any

import pytest
from sqlalchemy import func, select

from callcenter.auth.permissions import Role
from callcenter.customers.models import Customer, CustomerNumber
from callcenter.foundation.facts import FactRow
from callcenter.foundation.outbox import OutboxRow
from callcenter.foundation.timers import TimerRow
from callcenter.seed.reference import zone_id
from callcenter.sms.models import SmsMessage
from callcenter.work_orders.models import WorkOrder
from callcenter.work_orders.numbers import is_order_number
from tests.integration.orders.conftest import CALLER, City


async def count(city: City, table: Any) -> int:
    async with city.ledger.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_complete_form_becomes_an_order_ready_for_dispatch(city: City) -> None:
    form = city.form()
    answer = await city.place(form)
    assert answer.status_code == 201, answer.text
    order = answer.json()["order"]
    assert is_order_number(order["number"])
    assert order["number"].startswith("26112300001")
    assert order["state"] == "pending_dispatch"
    assert order["priority"] == "P0"
    assert order["due_at"] == "2026-11-23T02:26:00.000Z"
    assert order["wanted"] == form["wanted"]
    assert order["zone"]["path"] == ["天山区", "团结路街道", "团结社区"]
    assert order["quote"]["total_fen"] == 9000
    assert order["journey_id"] == form["journey_id"]
    assert order["created_by"] == "王芳"
    assert order["contact_number"] == {"masked": "138****6021", "full": None, "withheld": False}
    assert order["receipt"]["state"] == "queued"
    assert [(step["from"], step["to"], step["actor"]) for step in order["history"]] == [
        (None, "draft", "王芳"),
        ("draft", "pending_dispatch", "王芳"),
    ]
    assert (await city.client.get(f"/api/v1/work-orders/{order['id']}")).json() == order
    assert (await city.client.get(f"/api/v1/work-orders/{order['number']}")).json() == order


async def test_the_facts_and_the_receipt_stand_in_the_same_transaction(city: City) -> None:
    order = await city.placed()
    async with city.ledger.reading() as session:
        facts = list(await session.scalars(select(FactRow).order_by(FactRow.position)))
        (message,) = list(await session.scalars(select(SmsMessage)))
        (effect,) = list(await session.scalars(select(OutboxRow)))
        armed = set(await session.scalars(select(TimerRow.code).where(TimerRow.ended_at.is_(None))))
    types = [fact.type for fact in facts]
    assert types == [
        "customer.registered",
        "customer.number_linked",
        "intake.registered",
        "work_order.draft",
        "work_order.pending_dispatch",
        "work_order.confirmed",
    ]
    assert CALLER[3:] not in str([fact.data for fact in facts])
    assert (str(message.order_id), message.number, message.state) == (order["id"], CALLER, "queued")
    assert order["number"] in message.text
    assert "11月24日（周二）15:00-16:00（北京时间）" in message.text
    assert effect.payload == {"message_id": str(message.id)}
    assert armed == {"T-DISPATCH", "T-DISPATCH.50", "T-DISPATCH.80"}


async def test_an_unknown_household_is_made_and_known_the_next_time(city: City) -> None:
    first = await city.placed()
    second = await city.placed(item_code="lamp-install", quoted_total_fen=6000)
    assert first["customer"] == second["customer"]
    card = (await city.client.get(f"/api/v1/customers/{first['customer']['id']}")).json()
    assert card["name"] == "王秀兰"
    assert [number["number"]["masked"] for number in card["numbers"]] == ["138****6021"]
    assert card["addresses"][0]["confirmed"] is True
    assert card["addresses"][0]["zone"]["path"][0] == "天山区"
    assert card["totals"]["orders"] == 2
    assert [order["number"] for order in card["open_orders"]] == [second["number"], first["number"]]


async def test_another_name_at_the_same_number_is_another_household(city: City) -> None:
    first = await city.placed()
    second = await city.placed(customer_name="马晓燕")
    assert first["customer"]["id"] != second["customer"]["id"]
    assert await count(city, CustomerNumber) == 2


async def test_a_chosen_household_gets_the_order_and_the_new_number(city: City) -> None:
    first = await city.placed()
    form = city.form(
        journey_id=None, customer_id=first["customer"]["id"], customer_name="别的名字", contact_number="0991-2825555"
    )
    answer = await city.place(form)
    order = answer.json()["order"]
    assert order["customer"] == first["customer"]
    assert order["contact_number"]["masked"] == "0991-28***55"
    assert order["receipt"] == {
        "state": "not_possible",
        "to": {"masked": "0991-28***55", "full": None, "withheld": False},
    }


async def test_what_is_missing_is_named_all_at_once(city: City) -> None:
    answer = await city.place({"kind": "help"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "order_incomplete"
    assert answer.json()["params"]["missing"] == [
        "item",
        "address",
        "zone",
        "wanted",
        "contact_number",
        "price_agreed",
    ]
    assert await count(city, WorkOrder) == await count(city, Customer) == 0


async def test_a_withheld_caller_must_tell_a_number(city: City) -> None:
    form = city.form(journey_id=city.journeys.add(None))
    refused = await city.place(form)
    assert refused.json()["params"]["missing"] == ["contact_number"]
    form["contact_number"] = "１３８９９８８６０２１"
    assert (await city.place(form)).status_code == 201


async def test_saving_twice_with_one_key_makes_one_order(city: City) -> None:
    form = city.form()
    first = await city.place(form, key="a-key-of-the-form")
    second = await city.place(form, key="a-key-of-the-form")
    assert first.json() == second.json()
    assert await count(city, WorkOrder) == await count(city, SmsMessage) == 1
    other = await city.place(form | {"remarks": "别的"}, key="a-key-of-the-form")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert (await city.place(form, key="")).json()["code"] == "idempotency_key_unusable"


async def test_a_price_nobody_read_out_is_not_saved(city: City) -> None:
    answer = await city.place(city.form(quoted_total_fen=8000))
    assert (answer.status_code, answer.json()["code"]) == (409, "quote_changed")
    assert answer.json()["params"]["quote"]["total_fen"] == 9000
    assert await count(city, Customer) == 0, "a refused order leaves nothing behind"


async def test_the_quote_of_the_form_is_the_quote_of_the_order(city: City) -> None:
    far = str(zone_id("dabancheng-04-01"))
    body = {"item_code": "radiator-leak", "quantity": 1, "start": "2026-11-24T14:30:00Z", "zone_id": far}
    quote = (await city.client.post("/api/v1/quotes", json=body)).json()
    assert [line["kind"] for line in quote["lines"]] == ["base", "call_out", "surcharge", "surcharge"]
    assert quote["total_fen"] == 6000 + 3000 + 1800 + 4000
    wanted = {"from": "2026-11-24T14:30:00Z", "to": "2026-11-24T15:30:00Z", "clock": "xinjiang"}
    order = await city.placed(zone_id=far, wanted=wanted, quoted_total_fen=quote["total_fen"])
    assert order["quote"] == quote


async def test_an_enquiry_is_answered_and_closed_without_an_order(city: City) -> None:
    answer = await city.place(city.form(kind="enquiry", item_code=None, remarks="问营业时间"))
    assert answer.status_code == 201
    assert answer.json()["order"] is None
    assert answer.json()["intake"]["state"] == "closed"


async def test_a_time_that_is_over_is_refused(city: City) -> None:
    wanted = {"from": "2026-11-23T01:00:00Z", "to": "2026-11-23T02:00:00Z", "clock": "beijing"}
    assert (await city.place(city.form(wanted=wanted))).json()["code"] == "wanted_past"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"colour": "red"}, 422, "unknown_field"),
        ({"address_text": "团" * 10_000}, 422, "invalid_input"),
        ({"quantity": 1.5}, 422, "quantity_unusable"),
        ({"quantity": 0}, 422, "invalid_input"),
        ({"quantity": "NaN"}, 422, "invalid_input"),
        ({"quantity": 1e300}, 422, "invalid_input"),
        ({"contact_number": "not a number"}, 422, "not_a_phone_number"),
        ({"contact_number": "+8613899886021\r\nAction: Originate"}, 422, "not_a_phone_number"),
        ({"zone_id": "00000000-0000-0000-0000-000000000001"}, 404, "zone_not_found"),
        ({"customer_id": "00000000-0000-0000-0000-000000000001"}, 404, "customer_not_found"),
        ({"journey_id": "00000000-0000-0000-0000-000000000001"}, 404, "journey_not_found"),
        ({"item_code": "no-such"}, 404, "item_not_found"),
        ({"wanted": {"from": "2026-11-24T08:00:00Z", "to": "2026-11-24T07:00:00Z"}}, 422, "invalid_input"),
        ({"wanted": {"from": "2026-11-24T07:00:00", "to": "2026-11-24T08:00:00"}}, 422, "invalid_input"),
        ({"wanted": {"from": "9999-12-31T23:00:00Z", "to": "9999-12-31T23:59:00Z"}}, 422, "invalid_input"),
        ({"priority": "P9"}, 422, "invalid_input"),
        ({"quoted_total_fen": 10**30}, 422, "invalid_input"),
    ],
)
async def test_bad_input_has_its_own_answer(city: City, changes: dict[str, Any], status: int, code: str) -> None:
    answer = await city.place(city.form(**changes))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["title"]
    assert await count(city, WorkOrder) == 0


@pytest.mark.parametrize(
    "name", ["👵🏻王奶奶", "قۇربانجان ئەمەت", "\u202eevil", "'; DROP TABLE work_orders;--", "a\x00b"]
)
async def test_any_name_is_kept_as_text(city: City, name: str) -> None:
    order = await city.placed(customer_name=name, contact_name=name, remarks=name)
    assert order["contact_name"] == name.replace("\x00", "")
    found = (await city.client.get("/api/v1/work-orders", params={"q": name.replace("\x00", "")})).json()
    assert [brief["number"] for brief in found["items"]] == [order["number"]]


async def test_who_may_not_create_orders_is_turned_away(city: City) -> None:
    city.sign_in(await city.person(Role.FINANCE))
    answer = await city.place(city.form())
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert (await city.client.get("/api/v1/work-orders")).status_code == 403


async def test_lists_are_paged_and_searched(city: City) -> None:
    first = await city.placed()
    await city.placed(customer_name="马晓燕", contact_number="13999117302", journey_id=None)
    for query in (first["number"], first["number"][-6:], "138 9988 6021", "王秀"):
        found = (await city.client.get("/api/v1/work-orders", params={"q": query})).json()
        assert [brief["number"] for brief in found["items"]] == [first["number"]], query
    assert (
        len((await city.client.get("/api/v1/work-orders", params={"state": "pending_dispatch"})).json()["items"]) == 2
    )
    assert (await city.client.get("/api/v1/work-orders", params={"state": "closed"})).json()["items"] == []
    bad = await city.client.get("/api/v1/work-orders", params={"cursor": "bm90IG91cnM"})
    assert bad.json()["code"] == "invalid_cursor"
    for unknown in ("261123000011", "nonsense", "00000000-0000-0000-0000-000000000001"):
        assert (await city.client.get(f"/api/v1/work-orders/{unknown}")).json()["code"] == "order_not_found"
