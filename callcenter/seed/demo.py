"""The demo city in one call."""

from pathlib import Path

from sqlalchemy import select

from callcenter.auth.models import User
from callcenter.foundation.transactions import Ledger
from callcenter.seed.households import seed_households
from callcenter.seed.orders import seed_orders
from callcenter.seed.people import STAFF, seed_people
from callcenter.seed.reference import seed_reference


async def seed_city(ledger: Ledger, sign_ins: Path) -> dict[str, str]:
    """Staff and city; returns user name → password. A second run adds nothing."""
    passwords = await seed_people(ledger, sign_ins)
    async with ledger.reading() as session:
        first = await session.scalar(select(User.id).where(User.username == STAFF[0].username))
    await seed_demo(ledger, agent=f"user:{first}")
    return passwords


async def seed_demo(ledger: Ledger, *, agent: str = "system") -> None:
    """Zones, catalogue, firms, households and orders; a second run adds nothing. `agent`: who took the calls."""
    await seed_reference(ledger)
    await seed_households(ledger)
    await seed_orders(ledger, agent=agent)
