"""The words of our texts, per language, from the message catalogues. No links: gateways in China refuse them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.foundation import messages

BEIJING, XINJIANG = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Urumqi")
RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a household is told of its new order. Instants are aware; `clock` is the one the caller used."""

    number: str
    item: str
    wanted_from: datetime
    wanted_to: datetime
    clock: str
    total_fen: int
    hotline: str


def receipt_text(locale: str, receipt: Receipt) -> str:
    """The receipt; always says which clock it means, and the other one too if the caller used it."""
    key = "sms.receipt_xinjiang" if receipt.clock == "xinjiang" else "sms.receipt"
    local = receipt.wanted_from.astimezone(BEIJING)
    return messages.text(
        locale,
        key,
        {
            "number": receipt.number,
            "item": receipt.item,
            "month": local.month,
            "day": local.day,
            "weekday": messages.text(locale, f"sms.weekday_{local.isoweekday()}"),
            "from": f"{local:%H:%M}",
            "to": f"{receipt.wanted_to.astimezone(BEIJING):%H:%M}",
            "xinjiang_from": f"{receipt.wanted_from.astimezone(XINJIANG):%H:%M}",
            "price": yuan(receipt.total_fen),
            "hotline": receipt.hotline,
        },
    )


def yuan(fen: int) -> str:
    """8550 → 85.50, 9000 → 90."""
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)
