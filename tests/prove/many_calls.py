"""Many calls through the real PBX: nobody lost, and the ledger says what the telephones say."""

import asyncio
import random
from dataclasses import dataclass, field

from callcenter.cli.machine import open_ledger
from callcenter.foundation.transactions import Ledger
from tests.browser.stack import until
from tests.prove import history
from tests.prove.centre import Centre
from tests.prove.rounds import reachable
from tests.prove.witnesses import Caller, Telephones

CALLS_A_SECOND = 0.6
"""Five agents, half a second of ringing, about three of talk and one of wrap-up each."""
TALK_WITHIN = 0.5
ABANDONING = 0.1
PATIENCE = 60.0


@dataclass
class ManyResult:
    placed: int
    calls: int = 0
    answered_by_phones: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)
    worst_talk_difference: float = 0.0

    @property
    def complaints(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.ghosts, *self.differences]


async def prove(centre: Centre, calls: int, rng: random.Random) -> ManyResult:
    callers = [Caller(f"1390{n:07d}") for n in range(1, calls + 1)]
    phones = Telephones(hangs_up_on={caller.number: rng.uniform(1.5, 4.0) for caller in callers})
    result = ManyResult(calls)
    async with phones.registered(centre.sip, centre.stack.agent_secrets, centre.cookies):
        await until("an agent can be reached", lambda: reachable(centre), 40)
        await asyncio.gather(*(_call(centre, n, caller, rng) for n, caller in enumerate(callers)))
        await until("no journey is open", lambda: centre.open_journeys() == 0, 40)
    result.answered_by_phones = sum(1 for ring in phones.rings if ring.answered_at)
    await history.compare(centre, callers, phones, [], None, result)
    ledger = open_ledger(centre.settings)
    try:
        for ring in phones.rings:
            if ring.answered_at:
                await _compare_talk(ledger, centre, ring.number, ring.ended_at - ring.answered_at, result)
    finally:
        await ledger.database.close()
    return result


async def _call(centre: Centre, n: int, caller: Caller, rng: random.Random) -> None:
    patience = rng.uniform(0.8, 1.6) if rng.random() < ABANDONING else PATIENCE
    await asyncio.sleep(n / CALLS_A_SECOND)
    await caller.call(centre.sip, seconds=patience)


async def _compare_talk(ledger: Ledger, centre: Centre, number: str, heard: float, result: ManyResult) -> None:
    async with ledger.reading() as session:
        written = await history.read(session, number, centre.settings.area_code)
    if len(written.legs) != 1:
        return  # the history has complained of it
    off = abs(written.legs[0].talk_seconds - heard)
    result.worst_talk_difference = max(result.worst_talk_difference, off)
    if off > TALK_WITHIN:
        result.differences.append(f"…{number[-7:]}: talk differs by {off:.2f} s")
