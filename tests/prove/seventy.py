"""Fifty calls in a row and twenty at once, through menu and queue to five agents: seventy journeys."""

import asyncio
import random
from dataclasses import dataclass, field

from tests.browser.stack import until
from tests.prove import history
from tests.prove.centre import Centre
from tests.prove.rounds import reachable
from tests.prove.witnesses import Caller, Telephones

IN_A_ROW, AT_ONCE = 50, 20
PATIENCE = 90.0
TALK = (1.0, 3.0)


@dataclass
class Seventy:
    placed: int = 0
    journeys: int = 0
    rings: int = 0
    legs: int = 0
    calls: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)
    """Seconds by which ledger and SIP side differ most, by what."""

    @property
    def complaints(self) -> list[str]:
        found = [*self.lost, *self.doubled, *self.ghosts, *self.differences]
        if self.journeys != self.placed:
            found.append(f"{self.journeys} journeys of {self.placed} calls")
        if self.legs != self.placed:
            found.append(f"{self.legs} conversations of {self.placed} calls")
        return found


async def prove(centre: Centre, scale: float, rng: random.Random) -> Seventy:
    """`scale` below 1 makes both numbers smaller."""
    row, crowd = max(2, round(IN_A_ROW * scale)), max(2, round(AT_ONCE * scale))
    callers = [Caller(f"1388{n:07d}") for n in range(row + crowd)]
    phones = Telephones(hangs_up_on={caller.number: rng.uniform(*TALK) for caller in callers})
    result = Seventy(placed=len(callers))
    async with phones.registered(centre.sip, centre.stack.agent_secrets, centre.cookies):
        await until("an agent can be reached", lambda: reachable(centre), 40)
        for caller in callers[:row]:
            await caller.call(centre.sip, seconds=PATIENCE)
        await asyncio.gather(*(caller.call(centre.sip, seconds=PATIENCE) for caller in callers[row:]))
        await until("no journey is open", lambda: centre.open_journeys() == 0, 40)
    await history.compare(centre, callers, phones, [], None, result)
    result.journeys = sum(result.outcomes.values())
    result.rings, result.legs = len(phones.rings), sum(1 for ring in phones.rings if ring.answered_at)
    return result
