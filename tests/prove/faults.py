"""The faults of issue 3, point 4: one entry each."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.prove import ledgers, links, parts
from tests.prove.centre import Centre

Strike = Callable[[Centre, random.Random], Awaitable[float]]
"""Does it and undoes it; `time.monotonic()` of the moment when the part was back."""


@dataclass(frozen=True)
class Fault:
    """`ends_calls`: the PBX forgets its calls. `blurs`: it was not there to see when things happened."""

    label: str
    strike: Strike
    postgresql: bool = False
    clock: bool = False
    ends_calls: bool = False
    blurs: bool = False
    in_menu: bool = False
    goal: float = 2.0
    """Seconds from the part being back to the right picture."""


FAULTS: dict[str, Fault] = {
    "service-killed": Fault("service: kill -9", parts.service_killed),
    "service-frozen": Fault("service: SIGSTOP 1-9 s", parts.service_frozen),
    "menu-killed": Fault("ivr: kill -9", parts.menu_killed, in_menu=True),
    "menu-frozen": Fault("ivr: SIGSTOP 3-11 s", parts.menu_frozen, in_menu=True),
    "pbx-killed": Fault("Asterisk: kill -9", parts.pbx_killed, ends_calls=True, blurs=True),
    "pbx-frozen": Fault("Asterisk: SIGSTOP 1-12 s", parts.pbx_frozen, blurs=True),
    "link-cut": Fault("AMI link: cut", links.link_cut),
    "link-half-open": Fault("AMI link: half-open 2-14 s", links.link_half_open),
    "link-slow": Fault("AMI link: 0.5-6 kB/s", links.link_slow),
    "link-garbage": Fault("AMI link: garbage in it", links.link_full_of_garbage),
    "database-locked": Fault("SQLite: locked for 10 s", ledgers.database_locked),
    "database-stopped": Fault("PostgreSQL: stopped, started", ledgers.postgresql_stopped, postgresql=True),
    "disk-full": Fault("disk full (RLIMIT_FSIZE 0)", ledgers.disk_full),
    "clock-ahead": Fault("service's clock: +1 h and back", ledgers.clock_ahead, clock=True),
    "clock-behind": Fault("service's clock: -1 h and back", ledgers.clock_behind, clock=True),
    "two-services": Fault("two services, the owner killed", parts.two_services, postgresql=True, goal=5.0),
}
QUICK = (("service-killed", "menu-killed"), ("pbx-killed", "link-cut", "menu-frozen"))
"""What `make test` plays, a round each: several at once, as it happens when a machine is ill."""
QUICK_NAME = "quick"


def fault_of(name: str, n: int) -> Fault:
    """The fault of that name; of `quick` the n-th of the combinations."""
    return together(*(FAULTS[one] for one in QUICK[n])) if name == QUICK_NAME else FAULTS[name]


def together(*faults: Fault) -> Fault:
    """All at the same moment."""

    async def strike(centre: Centre, rng: random.Random) -> float:
        seeds = [random.Random(rng.random()) for _ in faults]
        return max(
            await asyncio.gather(*(fault.strike(centre, own) for fault, own in zip(faults, seeds, strict=True)))
        )

    def any_of(flag: str) -> bool:
        return any(getattr(fault, flag) for fault in faults)

    return Fault(
        " + ".join(fault.label for fault in faults),
        strike,
        ends_calls=any_of("ends_calls"),
        blurs=any_of("blurs"),
    )
