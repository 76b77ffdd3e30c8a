"""Services and quotes as JSON. Quantities are numbers of the unit with at most two decimals."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from callcenter.catalogue.models import PriceEntry, ServiceItem
from callcenter.catalogue.pricing import HUNDREDTHS, LineKind, Quote
from callcenter.foundation.web import Out

Quantity = Annotated[Decimal, Field(gt=0, le=10_000, decimal_places=2)]


def hundredths(quantity: Decimal) -> int:
    return int(quantity * HUNDREDTHS)


def as_number(quantity: int) -> int | float:
    """Hundredths as the JSON number people read: 250 → 2.5, 300 → 3."""
    whole, rest = divmod(quantity, HUNDREDTHS)
    return quantity / HUNDREDTHS if rest else whole


class ItemOut(Out):
    code: str
    name: str
    category: str
    unit: str
    unit_price_fen: int
    minimum_quantity: int | float
    quantity_step: int | float
    priority: str
    aliases: list[str]

    @classmethod
    def of(cls, item: ServiceItem, entry: PriceEntry) -> "ItemOut":
        return cls(
            code=item.code,
            name=item.name,
            category=item.category_code,
            unit=item.unit,
            unit_price_fen=entry.unit_price_fen,
            minimum_quantity=as_number(item.minimum_quantity),
            quantity_step=as_number(item.quantity_step),
            priority=item.priority,
            aliases=item.aliases,
        )


class ItemsOut(Out):
    items: list[ItemOut]


class LineOut(Out):
    kind: LineKind
    label: str
    quantity_text: str
    amount_fen: int


class QuoteOut(Out):
    lines: list[LineOut]
    total_fen: int
    price_book: str


def quote_data(quote: Quote) -> dict[str, Any]:
    """The quote as kept on an order; `QuoteOut` reads it back."""
    return QuoteOut.model_validate(quote).model_dump(mode="json")
