"""An agent who saves work orders through thick and thin: the same key again until the service says yes."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from callcenter.foundation.ids import new_id
from callcenter.seed.reference import zone_id
from tests.prove.centre import Centre

GIVE_UP_SECONDS = 60.0
ITEM = "radiator-leak"


@dataclass
class Saved:
    """One order as its agent saw it. `order_id`: what the service answered, "" if it never did."""

    key: str
    number: str
    tries: int = 0
    order_id: str = ""
    refused: str = ""


async def save_order(centre: Centre, seat: str, number: str) -> Saved:
    """Until it is saved; each try carries the same Idempotency-Key."""
    saved = Saved(str(new_id()), number)
    form = _form(number)
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not saved.order_id and not saved.refused and time.monotonic() < deadline:
        saved.tries += 1
        for port in list(centre.ports.values()):
            await asyncio.to_thread(_try, centre, seat, port, form, saved)
            if saved.order_id or saved.refused:
                break
        else:
            await asyncio.sleep(0.3)
    return saved


def _try(centre: Centre, seat: str, port: int, form: dict[str, Any], saved: Saved) -> None:
    base = f"http://127.0.0.1:{port}/api/v1"
    with centre.desk(seat) as client:
        try:
            if "quoted_total_fen" not in form:
                quote = {name: form[name] for name in ("item_code", "quantity", "zone_id")}
                told = client.post(f"{base}/quotes", json={**quote, "start": form["wanted"]["from"]}).json()
                form["quoted_total_fen"] = told["total_fen"]
            answer = client.post(f"{base}/work-orders", json=form, headers={"Idempotency-Key": saved.key})
        except (httpx.HTTPError, ValueError, KeyError):
            return
    if answer.status_code in (200, 201):
        saved.order_id = answer.json()["order"]["id"]
    elif answer.status_code < 500 and answer.status_code not in (409, 429):
        saved.refused = f"{answer.status_code} {answer.text[:120]}"


def _form(number: str) -> dict[str, Any]:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    return {
        "kind": "help",
        "customer_name": "王秀兰",
        "contact_name": "王秀兰",
        "contact_number": number,
        "item_code": ITEM,
        "quantity": 1,
        "address_text": "天山区团结东路 318 号",
        "zone_id": str(zone_id("tianshan-03-01")),
        "wanted": {"from": f"{day}T07:00:00.000Z", "to": f"{day}T08:00:00.000Z", "clock": "beijing"},
        "price_agreed": True,
    }
