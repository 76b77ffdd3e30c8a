"""Every query about services and prices."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalogue.models import PriceBook, PriceEntry, ServiceItem
from callcenter.catalogue.pricing import Price, Step, Surcharge, SurchargeKind
from callcenter.foundation.errors import NotFound
from callcenter.foundation.plain_text import without_space
from callcenter.foundation.versioned import in_force

MOST_FOUND = 8
_MOST_QUERY = 40


async def price_book_at(session: AsyncSession, at: datetime) -> PriceBook:
    """The price book in force at `at`. `NotFound` if none is published."""
    found = await in_force(session, PriceBook, at)
    if found is None:
        raise NotFound("price_book_not_found")
    return found


async def item(session: AsyncSession, code: str) -> ServiceItem:
    """An item that can be booked. `NotFound`."""
    found = await session.get(ServiceItem, code)
    if found is None or not found.active:
        raise NotFound("item_not_found")
    return found


async def price(session: AsyncSession, *, item_code: str, at: datetime) -> tuple[ServiceItem, Price]:
    """The item and its price at `at`. `NotFound` if the book does not hold it."""
    wanted = await item(session, item_code)
    book = await price_book_at(session, at)
    entry = await session.scalar(
        select(PriceEntry).where(PriceEntry.price_book_id == book.id, PriceEntry.item_code == item_code)
    )
    if entry is None:
        raise NotFound("item_not_found")
    return wanted, _price(wanted, book, entry)


async def search(session: AsyncSession, *, query: str, at: datetime) -> list[tuple[ServiceItem, PriceEntry]]:
    """At most eight items whose names, aliases, pinyin or initials hold `query`; those beginning with it first."""
    book = await price_book_at(session, at)
    folded = without_space(query, _MOST_QUERY).lower()  # as the keys are (`search_keys.fold`)
    statement = (
        select(ServiceItem, PriceEntry)
        .join(PriceEntry, PriceEntry.item_code == ServiceItem.code)
        .where(PriceEntry.price_book_id == book.id, ServiceItem.active)
    )
    if folded:
        starts = ServiceItem.search_text.contains(" " + folded, autoescape=True)
        statement = statement.where(ServiceItem.search_text.contains(folded, autoescape=True)).order_by(
            case((starts, 0), else_=1)
        )
    rows = await session.execute(statement.order_by(ServiceItem.rank, ServiceItem.code).limit(MOST_FOUND))
    return [(found, entry) for found, entry in rows]


def _price(wanted: ServiceItem, book: PriceBook, entry: PriceEntry) -> Price:
    return Price(
        price_book=book.version,
        item_name=wanted.name,
        unit=wanted.unit,
        unit_price_fen=entry.unit_price_fen,
        minimum_quantity=wanted.minimum_quantity,
        quantity_step=wanted.quantity_step,
        minimum_fen=entry.minimum_fen,
        call_out_fen=entry.call_out_fen,
        steps=tuple(Step(step["above"], step["unit_price_fen"]) for step in entry.steps),
        surcharges=tuple(_surcharge(row) for row in book.surcharges),
        holidays=frozenset(date.fromisoformat(day) for day in book.holidays),
        tier_percent=tuple(sorted(book.tier_percent.items())),
    )


def _surcharge(row: dict[str, Any]) -> Surcharge:
    return Surcharge(
        kind=SurchargeKind(row["kind"]),
        label=row["label"],
        percent=row.get("percent", 0),
        amount_fen=row.get("amount_fen", 0),
        opens=time.fromisoformat(row["opens"]) if "opens" in row else None,
        closes=time.fromisoformat(row["closes"]) if "closes" in row else None,
    )
