"""Zones and prices come in versions; an order keeps those it was made with (domain.md §4.4, invariant 8)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.catalogue.models import PriceBook, PriceEntry
from callcenter.foundation.errors import Refused
from callcenter.foundation.ids import new_id
from callcenter.foundation.versioned import VersionState
from callcenter.work_orders.models import WorkOrder
from callcenter.zones.models import Zone, ZoneVersion
from tests.integration.orders.conftest import City


async def publish_dearer_book(city: City, after: timedelta) -> None:
    """A book of one item at twice the price, in force from `after` now on."""
    async with city.ledger.transaction() as tx:
        old = (await tx.session.scalars(select(PriceBook))).one()
        old.valid_to = tx.now + after
        book = PriceBook(
            id=new_id(),
            version="2026-12",
            version_state=VersionState.DRAFT,
            drafted_by="user:editor",
            surcharges=[],
            holidays=[],
            tier_percent={},
        )
        with pytest.raises(Refused, match="second_person_needed"):
            book.publish(by="user:editor", valid_from=tx.now, two_persons=True)
        book.publish(by="user:chief", valid_from=tx.now + after, two_persons=True)
        tx.session.add(book)
        await tx.session.flush()
        tx.session.add(
            PriceEntry(id=new_id(), price_book_id=book.id, item_code="radiator-leak", unit_price_fen=12000, steps=[])
        )


async def quote(city: City) -> Any:
    body = {"item_code": "radiator-leak", "quantity": 1, "start": "2026-11-24T07:00:00Z"}
    return (await city.client.post("/api/v1/quotes", json=body)).json()


async def test_a_new_price_counts_from_its_day_and_changes_no_order(city: City) -> None:
    order = await city.placed()
    await publish_dearer_book(city, timedelta(hours=1))
    assert (await quote(city))["price_book"] == "2026-11"
    city.clock.advance(timedelta(hours=1))
    assert await quote(city) == {
        "lines": [{"kind": "base", "label": "暖气漏水维修", "quantity_text": "1 处", "amount_fen": 12000}],
        "total_fen": 12000,
        "price_book": "2026-12",
    }
    kept = (await city.client.get(f"/api/v1/work-orders/{order['id']}")).json()
    assert (kept["quote"]["total_fen"], kept["quote"]["price_book"]) == (9000, "2026-11")
    late = await city.place(city.form(quoted_total_fen=9000))
    assert late.json()["code"] == "quote_changed"


async def test_without_a_price_book_nothing_is_quoted(city: City) -> None:
    async with city.ledger.transaction() as tx:
        (await tx.session.scalars(select(PriceBook))).one().retire(valid_to=tx.now)
    assert (await quote(city))["code"] == "price_book_not_found"


async def test_an_order_keeps_the_zone_it_was_made_with(city: City) -> None:
    order = await city.placed()
    async with city.ledger.transaction() as tx:
        old = (await tx.session.scalars(select(ZoneVersion))).one()
        old.retire(valid_to=tx.now + timedelta(hours=1))
        new = ZoneVersion(id=new_id(), version="2026-12", version_state=VersionState.DRAFT, drafted_by="user:editor")
        new.publish(by="user:chief", valid_from=tx.now + timedelta(hours=1), two_persons=True)
        tx.session.add(new)
        await tx.session.flush()
        tx.session.add(
            Zone(id=new_id(), zone_version_id=new.id, code="x", level="district", name="高新区", aliases=[])
        )
    resolve = "/api/v1/zones/resolve"
    assert (await city.client.get(resolve, params={"text": "高新区"})).json()["zone"]["name"] == "新市区"
    city.clock.advance(timedelta(hours=1))
    assert (await city.client.get(resolve, params={"text": "高新区"})).json()["zone"]["name"] == "高新区"
    assert (await city.client.get(resolve, params={"text": "天山区"})).json()["status"] == "unknown"
    kept = (await city.client.get(f"/api/v1/work-orders/{order['id']}")).json()
    assert kept["zone"]["path"] == ["天山区", "团结路街道", "团结社区"]
    async with city.ledger.reading() as session:
        assert (await session.get_one(WorkOrder, uuid.UUID(order["id"]))).zone_version == "2026-11"
