"""One round of a fault: calls, orders, the fault at a random moment, everything settled, the histories compared."""

import asyncio
import random
import time
from dataclasses import dataclass, field

import httpx

from tests.browser.stack import until
from tests.prove import history
from tests.prove.centre import Centre
from tests.prove.desk_work import Saved, save_order
from tests.prove.faults import Fault
from tests.prove.history import Blur
from tests.prove.standstills import Standstills
from tests.prove.witnesses import Caller, Telephones

CALLERS, ORDERS = 4, 2
SETTLE_SECONDS = 40.0
RECOVER_SECONDS = 60.0
AFTER_SECONDS = 20.0
"""How long the caller after the fault waits for somebody to answer."""


@dataclass
class Round:
    """What came of it. `recovery`: seconds from the part being back to the right picture; -1 = never."""

    n: int
    calls: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)
    recovery: float = -1.0
    waited_for: str = ""
    """What was wrong with the picture at the last look before it was right."""
    seconds: float = 0.0
    stood_still: float = 0.0
    """Of these seconds, those in which the whole machine did."""

    @property
    def complaints(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.ghosts, *self.differences]


async def play(
    centre: Centre, fault: Fault, index: int, n: int, seed: str, *, within: float, still: Standstills
) -> Round:
    """`index` of the fault and `n` of the round make the callers' numbers, `seed` everything else."""
    rng, began = random.Random(seed), time.monotonic()
    at = time.time()
    callers = [Caller(f"13{index:02d}{n:03d}{k:04d}") for k in range(CALLERS)]
    after = Caller(f"13{index:02d}{n:03d}{CALLERS:04d}")
    phones = Telephones()
    result, blur = Round(n), Blur()
    async with phones.registered(centre.sip, centre.stack.agent_secrets, centre.cookies):
        await until("an agent can be reached", lambda: reachable(centre), SETTLE_SECONDS)
        if fault.ends_calls:
            await until(
                "the PBX has kept the registrations", lambda: centre.pbx_has_kept(phones.addresses), SETTLE_SECONDS
            )
        saving = [
            asyncio.create_task(_save(centre, seat, f"139{index:02d}{n:03d}{k:03d}", after=rng.uniform(0.0, 4.0)))
            for k, seat in enumerate(list(centre.cookies)[:ORDERS])
        ]
        calling = [asyncio.create_task(_call(centre, caller, rng, fault)) for caller in callers]
        await asyncio.sleep(rng.uniform(0.3, 1.5) if fault.in_menu else rng.uniform(0.3, 4.0))
        blur.began = time.time()
        back = await fault.strike(centre, rng)
        blur.ended = time.time()
        result.recovery = await _recovered(centre, callers, blur.began if fault.ends_calls else 0.0, back, result)
        result.recovery -= min(result.recovery, still.between(blur.ended, time.time())) if result.recovery > 0 else 0
        await asyncio.gather(*calling)
        phones.hangs_up_on[after.number] = 1.0
        await after.call(centre.sip, seconds=AFTER_SECONDS)
        saved = await asyncio.gather(*saving)
        await _settled(centre, result)
    await history.compare(
        centre, [*callers, after], phones, saved, blur if fault.blurs else None, result, within=within, still=still
    )
    result.stood_still = still.between(at, time.time())
    if after.accepted and not phones.answered(after.number):
        result.differences.append(f"…{after.number[-7:]}: nobody answered the caller after the fault")
    elif not after.accepted:
        result.lost.append(f"…{after.number[-7:]}: the call after the fault was not taken")
    result.seconds = time.monotonic() - began
    return result


async def _call(centre: Centre, caller: Caller, rng: random.Random, fault: Fault) -> None:
    start, seconds = rng.uniform(0.0, 1.0 if fault.in_menu else 2.5), rng.uniform(1.0, 6.5)
    press_after = rng.uniform(0.4, 1.5)
    await asyncio.sleep(start)
    if fault.in_menu:
        seconds += 8.0  # who is in the menu waits until he is taken out of it
    await caller.call(centre.sip, seconds=seconds, press_after=press_after)


async def _save(centre: Centre, seat: str, number: str, *, after: float) -> Saved:
    await asyncio.sleep(after)
    return await save_order(centre, seat, number)


def reachable(centre: Centre) -> bool:
    with centre.desk(next(iter(centre.cookies))) as client:
        for port in centre.ports.values():
            try:
                desk = client.get(f"http://127.0.0.1:{port}/api/v1/desk")
            except httpx.HTTPError:
                continue
            if desk.status_code == 200 and desk.json()["presence"]["state"] == "ready":
                return True
    return False


async def _recovered(centre: Centre, callers: list[Caller], since: float, back: float, result: Round) -> float:
    """Until the service is live and the ledger has as many open journeys as there are calls.

    Calls that the PBX took before `since` are over, whatever the callers believe.
    """

    def right() -> bool:
        if not centre.is_live():
            result.waited_for = "the service is not live"
            return False
        open_, up = centre.open_journeys(), sum(caller.is_up and caller.answered_at >= since for caller in callers)
        if open_ != up:
            result.waited_for = f"{open_} journeys are open, {up} calls are up"
        return open_ == up

    try:
        await until("the picture is right", right, RECOVER_SECONDS)
    except AssertionError:
        return -1.0
    return time.monotonic() - back


async def _settled(centre: Centre, result: Round) -> None:
    try:
        await until("no journey is open", lambda: centre.open_journeys() == 0 and centre.is_live(), SETTLE_SECONDS)
    except AssertionError:
        result.ghosts.append(f"{centre.open_journeys()} journeys are open {SETTLE_SECONDS:.0f} s after the last call")
