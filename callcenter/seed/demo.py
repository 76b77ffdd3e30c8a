"""The demo city in one call."""

from callcenter.foundation.transactions import Ledger
from callcenter.seed.households import seed_households
from callcenter.seed.orders import seed_orders
from callcenter.seed.reference import seed_reference


async def seed_demo(ledger: Ledger, *, agent: str = "system") -> None:
    """Zones, catalogue, firms, households and orders; a second run adds nothing. `agent`: who took the calls."""
    await seed_reference(ledger)
    await seed_households(ledger)
    await seed_orders(ledger, agent=agent)
