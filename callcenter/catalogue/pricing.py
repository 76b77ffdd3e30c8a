"""What a service costs: a deterministic function of (price book, inputs). Pure; all money in fen.

Quantities are whole hundredths of the unit (2.5 hours = 250), so that no rounding depends on floating point.
Percentages are rounded half up to a fen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
HUNDREDTHS = 100
MOST_QUANTITY = 10_000 * HUNDREDTHS


class LineKind(StrEnum):
    BASE = "base"
    CALL_OUT = "call_out"
    SURCHARGE = "surcharge"
    DISCOUNT = "discount"


class SurchargeKind(StrEnum):
    NIGHT = "night"
    HOLIDAY = "holiday"
    FAR = "far"


class QuantityUnusable(ValueError):
    """Not positive, too large, or no multiple of the item's step."""


@dataclass(frozen=True, slots=True)
class Step:
    """From this quantity on (hundredths) each further unit costs `unit_price_fen`."""

    above: int
    unit_price_fen: int


@dataclass(frozen=True, slots=True)
class Surcharge:
    """A share of the base price (`percent`) or a fixed sum. `opens`–`closes` (Beijing time) bound the night."""

    kind: SurchargeKind
    label: str
    percent: int = 0
    amount_fen: int = 0
    opens: time | None = None
    closes: time | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """One item's entry in one version of the price book."""

    price_book: str
    item_name: str
    unit: str
    unit_price_fen: int
    minimum_quantity: int
    quantity_step: int
    minimum_fen: int = 0
    call_out_fen: int = 0
    steps: tuple[Step, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    holidays: frozenset[date] = frozenset()
    tier_percent: tuple[tuple[str, int], ...] = ()
    """What members pay, in percent of the sum (gold 95 = 95 折)."""


@dataclass(frozen=True, slots=True)
class Line:
    kind: LineKind
    label: str
    quantity_text: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Quote:
    lines: tuple[Line, ...]
    total_fen: int
    price_book: str


def quote(
    price: Price, *, quantity: int, start: datetime | None = None, far: bool = False, tier: str = "none"
) -> Quote:
    """What `quantity` (hundredths) of the item costs at `start` (aware). `QuantityUnusable`."""
    billed = billed_quantity(price, quantity)
    base = max(_graded(price, billed), price.minimum_fen)
    lines = [Line(LineKind.BASE, price.item_name, quantity_text(billed, price.unit), base)]
    if price.call_out_fen:
        lines.append(Line(LineKind.CALL_OUT, "上门费", "1 次", price.call_out_fen))
    lines += [
        Line(LineKind.SURCHARGE, s.label, f"{s.percent}%" if s.percent else "1 次", _surcharge_fen(s, base))
        for s in price.surcharges
        if _applies(s, price, start, far)
    ]
    lines += _discount(price, sum(line.amount_fen for line in lines), tier)
    return Quote(tuple(lines), sum(line.amount_fen for line in lines), price.price_book)


def billed_quantity(price: Price, quantity: int) -> int:
    """At least the minimum; `QuantityUnusable` if not on a step."""
    if not 0 < quantity <= MOST_QUANTITY or quantity % price.quantity_step:
        raise QuantityUnusable
    return max(quantity, price.minimum_quantity)


def quantity_text(quantity: int, unit: str) -> str:
    whole, rest = divmod(quantity, HUNDREDTHS)
    digits = f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)
    return f"{digits} {unit}"


def percent_of(amount_fen: int, percent: int) -> int:
    """Rounded half up; amounts here are never negative."""
    return (amount_fen * percent + 50) // 100


def _graded(price: Price, quantity: int) -> int:
    total, at, unit_price = 0, 0, price.unit_price_fen
    for step in sorted(price.steps, key=lambda s: s.above):
        if quantity <= step.above:
            break
        total += (step.above - at) * unit_price
        at, unit_price = step.above, step.unit_price_fen
    total += (quantity - at) * unit_price
    return (total + HUNDREDTHS // 2) // HUNDREDTHS


def _surcharge_fen(surcharge: Surcharge, base_fen: int) -> int:
    return percent_of(base_fen, surcharge.percent) if surcharge.percent else surcharge.amount_fen


def _applies(surcharge: Surcharge, price: Price, start: datetime | None, far: bool) -> bool:
    if surcharge.kind is SurchargeKind.FAR:
        return far
    if start is None:
        return False
    local = start.astimezone(BEIJING)
    if surcharge.kind is SurchargeKind.HOLIDAY:
        return local.date() in price.holidays
    return _within(local.time(), surcharge.opens, surcharge.closes)


def _within(at: time, opens: time | None, closes: time | None) -> bool:
    if opens is None or closes is None:
        return False
    return opens <= at < closes if opens < closes else at >= opens or at < closes


def _discount(price: Price, sum_fen: int, tier: str) -> Iterable[Line]:
    pays = dict(price.tier_percent).get(tier, 100)
    saved = sum_fen - percent_of(sum_fen, pays)
    if saved <= 0:
        return []
    return [Line(LineKind.DISCOUNT, _tier_label(tier), f"{pays}%", -saved)]


def _tier_label(tier: str) -> str:
    return {"silver": "银卡优惠", "gold": "金卡优惠", "diamond": "钻石卡优惠"}.get(tier, "会员优惠")
