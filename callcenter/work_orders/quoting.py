"""Use case: what a service costs this household at that time and place."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.catalogue import pricing
from callcenter.catalogue import repository as catalogue
from callcenter.catalogue.models import ServiceItem
from callcenter.catalogue.pricing import QuantityUnusable, Quote
from callcenter.catalogue.schemas import as_number
from callcenter.foundation.errors import Invalid
from callcenter.zones import repository as zones


async def quote(
    session: AsyncSession,
    *,
    item_code: str,
    quantity: int,
    tier: str,
    now: datetime,
    start: datetime | None,
    zone_id: uuid.UUID | None,
) -> tuple[ServiceItem, Quote]:
    """The item and its quote by the price book in force at `now`; `quantity` in hundredths. `NotFound`, `Invalid`."""
    item, price = await catalogue.price(session, item_code=item_code, at=now)
    far = zone_id is not None and await zones.is_outer(session, zone_id)
    try:
        return item, pricing.quote(price, quantity=quantity, start=start, far=far, tier=tier)
    except QuantityUnusable:
        raise Invalid(
            "quantity_unusable",
            step=as_number(price.quantity_step),
            minimum=as_number(price.minimum_quantity),
            unit=price.unit,
        ) from None
