"""Rounds in which a part dies at a random point of a call, comes back, and the ledger is checked."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from callcenter.phones import CallPlan, CallReport, Talk, place_call
from tests.browser.stack import until
from tests.prove import history
from tests.prove.centre import Centre
from tests.prove.history import Verdict

CALLERS = 3
SECONDS_OF_A_CALL = (2.5, 7.0)
SETTLE_SECONDS = 20.0


@dataclass
class FaultResult:
    name: str
    rounds: int = 0
    recovery: list[float] = field(default_factory=list)
    """Seconds from the part or link being back to the picture being right again."""
    verdict: Verdict = field(default_factory=Verdict)


Fault = Callable[[Centre], Awaitable[float | None]]
"""Do it, undo it; how long recovery took after the part was back, None if being back is all of it."""


async def service_killed(centre: Centre) -> float:
    await asyncio.to_thread(centre.kill, "service")
    started = asyncio.create_task(asyncio.to_thread(centre.stack.start_service))
    await until("the process answers again", centre.health, 30)
    back = time.perf_counter()
    await until("the link is live", centre.is_live, 30)
    recovered = time.perf_counter() - back
    await started
    return recovered


async def ami_cut(centre: Centre) -> float:
    centre.proxy.cut()
    await until("the service has noticed", lambda: not centre.is_live())
    await asyncio.sleep(random.uniform(0.0, 3.0))
    centre.proxy.mend()
    back = time.perf_counter()
    await until("the link is live", centre.is_live, 30)
    return time.perf_counter() - back


async def pbx_killed(centre: Centre) -> float:
    await asyncio.to_thread(centre.kill_pbx)
    await asyncio.to_thread(centre.start_pbx)
    back = time.perf_counter()
    await until("the picture is empty again", lambda: centre.is_live() and centre.health()["open_journeys"] == 0, 30)
    return time.perf_counter() - back


async def ivr_killed(centre: Centre) -> None:
    await asyncio.to_thread(centre.kill, "ivr")
    await asyncio.to_thread(centre.stack.start_ivr)


FAULTS: dict[str, Fault] = {
    "service killed (SIGKILL) in calls": service_killed,
    "AMI link cut in calls": ami_cut,
    "PBX killed (SIGKILL) in calls": pbx_killed,
    "voice menu killed (SIGKILL) in the menu": ivr_killed,
}


async def prove(centre: Centre, result: FaultResult, rounds: int, rng: random.Random) -> None:
    """`rounds` rounds of one fault, with new telephones in each: a killed PBX has forgotten the old ones."""
    name, index = result.name, list(FAULTS).index(result.name)
    for n in range(rounds):
        numbers = [f"13{index}{n:04d}{caller:04d}" for caller in range(1, CALLERS + 1)]
        async with centre.phones():
            accepted, recovery = await _round(centre, FAULTS[name], numbers, rng)
        await _settled(centre)
        result.rounds += 1
        if recovery is not None:
            result.recovery.append(recovery)
        result.verdict.add(await history.check(centre.settings, accepted))


async def _round(
    centre: Centre, fault: Fault, numbers: list[str], rng: random.Random
) -> tuple[list[str], float | None]:
    """(numbers whose call the PBX took, seconds of recovery)."""
    in_menu = fault is ivr_killed
    calls = [asyncio.create_task(_call(centre, number, rng, press="" if in_menu else "1")) for number in numbers]
    await asyncio.sleep(rng.uniform(0.3, 1.5) if in_menu else rng.uniform(0.3, 4.5))
    recovery = await fault(centre)
    reports = await asyncio.gather(*calls)
    return [number for number, report in zip(numbers, reports, strict=True) if report.answered], recovery


async def _call(centre: Centre, number: str, rng: random.Random, *, press: str) -> CallReport:
    pbx = centre.stack.pbx
    talk = Talk(press=press, press_after=0.6, seconds=rng.uniform(*SECONDS_OF_A_CALL))
    return await place_call(
        CallPlan(number="96365", from_number=number, server=(pbx.sip_host, pbx.sip_port), talk=talk, ring_seconds=5.0)
    )


async def _settled(centre: Centre) -> None:
    await until("no journey is open", lambda: centre.health().get("open_journeys") == 0, SETTLE_SECONDS)
