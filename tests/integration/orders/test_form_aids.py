"""What helps an agent fill in the form: zones, services, spoken times, drafts."""

import uuid
from typing import Any

import pytest

from callcenter.auth.permissions import Role
from callcenter.intakes.models import Draft
from tests.integration.orders.conftest import City


async def get(city: City, path: str, **params: Any) -> Any:
    answer = await city.client.get(f"/api/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_address_is_resolved_over_the_published_zones(city: City) -> None:
    found = await get(city, "zones/resolve", text="乌鲁木齐市新市区北京北路")
    assert (found["status"], found["zone"]["name"], found["zone"]["path"]) == ("found", "新市区", ["新市区"])
    double = await get(city, "zones/resolve", text="团结社区 12 号楼")
    assert (double["status"], double["zone"], len(double["candidates"])) == ("ambiguous", None, 3)
    assert double["candidates"][0]["level"] == "community"
    assert (await get(city, "zones/resolve", text="\x00"))["status"] == "unknown"


@pytest.mark.parametrize(
    ("typed", "first"),
    [("漏水", "radiator-leak"), ("nuanqilou", "radiator-leak"), ("nqls", "radiator-leak"), ("钟点工", "daily-clean"),
     ("cbl", "window-clean"), ("tap", "tap-repair"), ("\x00开锁", "lock-open")],
)  # fmt: skip
async def test_services_are_found_by_what_agents_type(city: City, typed: str, first: str) -> None:
    items = (await get(city, "catalogue/items", q=typed))["items"]
    assert items[0]["code"] == first
    assert items[0]["unit_price_fen"] > 0


async def test_at_most_eight_services_are_shown(city: City) -> None:
    assert len((await get(city, "catalogue/items"))["items"]) == 8
    assert (await get(city, "catalogue/items", q="%"))["items"] == []
    assert (await get(city, "catalogue/items", q="' OR 1=1 --"))["items"] == []


async def test_quantities_are_plain_numbers(city: City) -> None:
    (item,) = (await get(city, "catalogue/items", q="日常保洁"))["items"]
    assert (item["minimum_quantity"], item["quantity_step"], item["unit"]) == (2, 0.5, "小时")


async def test_a_spoken_time_in_xinjiang_time(city: City) -> None:
    assert await get(city, "wanted-time", text="今天中午一点", clock="xinjiang") == {
        "status": "understood",
        "from": "2026-11-23T07:00:00.000Z",
        "to": "2026-11-23T08:00:00.000Z",
        "clock": "xinjiang",
        "candidates": [],
    }
    double = await get(city, "wanted-time", text="明天八点", clock="beijing")
    assert [slot["from"] for slot in double["candidates"]] == ["2026-11-24T00:00:00.000Z", "2026-11-24T12:00:00.000Z"]
    assert (await city.client.get("/api/v1/wanted-time", params={"text": "x", "clock": "mars"})).status_code == 422


async def test_a_draft_is_kept_per_agent_and_call(city: City) -> None:
    journey_id = uuid.UUID(city.journeys.add(None))
    url = f"/api/v1/journeys/{journey_id}/draft"
    saved = await city.client.put(url, json={"form": {"remarks": "一\u0000二", "deep": [{"a": ["\x00"]}]}})
    assert saved.json() == {"saved_at": "2026-11-23T02:24:00.000Z"}
    await city.client.put(url, json={"form": {"remarks": "第二次"}})
    other = await city.person(Role.AGENT)
    async with city.ledger.reading() as session:
        mine = await session.get(Draft, (journey_id, city.agent.user_id))
        theirs = await session.get(Draft, (journey_id, other.user_id))
    assert mine is not None
    assert mine.form == {"remarks": "第二次"}
    assert theirs is None


async def test_saving_the_order_ends_its_draft(city: City) -> None:
    form = city.form()
    await city.client.put(f"/api/v1/journeys/{form['journey_id']}/draft", json={"form": {"remarks": "x"}})
    await city.place(form)
    async with city.ledger.reading() as session:
        left = await session.get(Draft, (uuid.UUID(form["journey_id"]), city.agent.user_id))
    assert left is None


async def test_a_draft_of_more_than_32_kib_is_refused(city: City) -> None:
    url = f"/api/v1/journeys/{city.journeys.add(None)}/draft"
    fits = await city.client.put(url, json={"form": {"remarks": "a" * (32 * 1024 - 20)}})
    assert fits.status_code == 200
    large = await city.client.put(url, json={"form": {"remarks": "字" * 11_000}})
    assert (large.status_code, large.json()["code"]) == (422, "draft_too_large")
    assert (await city.client.put(url, json={"form": "text"})).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"form": {"a": "\\ud800", "b": [NaN, Infinity, 1e999]}}', 200),
        ('{"form": {"a": "\\\\u0000"}}', 200),
        ('{"form": {"\\u0000": 1}}', 200),
        ('{"form": ' + '{"a":' * 500 + "1" + "}" * 500 + "}", 422),
        ('{"form": ' + "[" * 50_000 + "]" * 50_000 + "}", 422),
        ('{"form": {}, "other": 1}', 422),
        ("{", 422),
    ],
)
async def test_what_a_database_cannot_keep_does_no_harm(city: City, body: str, status: int) -> None:
    url = f"/api/v1/journeys/{city.journeys.add(None)}/draft"
    answer = await city.client.put(url, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (status, 400 if status == 422 else status), answer.text
