"""What a deployment must have before it can take orders: zones, services, prices. Each part once."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from callcenter.catalogue.models import PriceBook, PriceEntry, ServiceCategory, ServiceItem
from callcenter.catalogue.search_keys import search_text
from callcenter.foundation.transactions import Ledger, Transaction
from callcenter.foundation.versioned import VersionState
from callcenter.franchisees.models import Franchisee
from callcenter.seed.reading import json_of, rows_of, stable_id
from callcenter.zones.models import Zone, ZoneVersion

ZONES_VERSION = "2026-11"
_SINCE = timedelta(days=400)
"""Reference data is in force this long before the seeding, so that demo history falls into it."""
_EDITOR, _PUBLISHER = "seed:editor", "seed:publisher"


async def seed_reference(ledger: Ledger) -> None:
    """Zones of Urumqi, the catalogue with its price book, and the firms; nothing that is there already is touched."""
    async with ledger.transaction() as tx:
        await _zones(tx)
        await _catalogue(tx, json_of("catalogue.json"))
        await _firms(tx)


async def _zones(tx: Transaction) -> None:
    if await tx.session.scalar(select(ZoneVersion.id).where(ZoneVersion.version == ZONES_VERSION)):
        return
    version = ZoneVersion(
        id=stable_id("zones", ZONES_VERSION),
        version=ZONES_VERSION,
        version_state=VersionState.DRAFT,
        drafted_by=_EDITOR,
    )
    version.publish(by=_PUBLISHER, valid_from=tx.now - _SINCE, two_persons=True)
    tx.session.add(version)
    await tx.session.flush()
    tx.session.add_all(_zone(row, version) for row in rows_of("zones_urumqi.csv"))  # parents before their children
    await tx.session.flush()


def _zone(row: dict[str, str], version: ZoneVersion) -> Zone:
    return Zone(
        id=zone_id(row["code"]),
        zone_version_id=version.id,
        parent_id=zone_id(row["parent"]) if row["parent"] else None,
        code=row["code"],
        level=row["level"],
        name=row["name"],
        aliases=[alias for alias in row["aliases"].split("|") if alias],
        outer=row["outer"] == "1",
    )


def zone_id(code: str) -> Any:
    """The id of a demo zone by its code."""
    return stable_id("zone", f"{ZONES_VERSION}:{code}")


async def _catalogue(tx: Transaction, data: dict[str, Any]) -> None:
    if await tx.session.scalar(select(PriceBook.id).where(PriceBook.version == data["version"])):
        return
    for rank, category in enumerate(data["categories"]):
        tx.session.add(ServiceCategory(code=category["code"], name=category["name"], rank=rank))
    book = PriceBook(
        id=stable_id("prices", data["version"]),
        version=data["version"],
        version_state=VersionState.DRAFT,
        drafted_by=_EDITOR,
        surcharges=data["surcharges"],
        holidays=data["holidays"],
        tier_percent=data["tier_percent"],
    )
    book.publish(by=_PUBLISHER, valid_from=tx.now - _SINCE, two_persons=True)
    tx.session.add(book)
    await tx.session.flush()
    tx.session.add_all(_item(rank, row) for rank, row in enumerate(data["items"]))
    await tx.session.flush()
    tx.session.add_all(_entry(book, row) for row in data["items"])


def _item(rank: int, row: dict[str, Any]) -> ServiceItem:
    return ServiceItem(
        code=row["code"],
        category_code=row["category"],
        name=row["name"],
        names=row["names"],
        aliases=row["aliases"],
        search_text=search_text([row["name"], *row["aliases"], *row["names"].values()]),
        unit=row["unit"],
        minimum_quantity=row["minimum_quantity"],
        quantity_step=row["quantity_step"],
        priority=row["priority"],
        kind=row["kind"],
        rank=rank,
        active=True,
    )


def _entry(book: PriceBook, row: dict[str, Any]) -> PriceEntry:
    return PriceEntry(
        id=stable_id("price", f"{book.version}:{row['code']}"),
        price_book_id=book.id,
        item_code=row["code"],
        unit_price_fen=row["unit_price_fen"],
        minimum_fen=row["minimum_fen"],
        call_out_fen=row["call_out_fen"],
        steps=row["steps"],
    )


async def _firms(tx: Transaction) -> None:
    for row in json_of("franchisees.json"):
        id_ = stable_id("franchisee", row["licence"])
        if await tx.session.get(Franchisee, id_) is None:
            tx.session.add(Franchisee(id=id_, **row))
