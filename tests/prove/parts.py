"""Faults of whole programs: killed (SIGKILL) or frozen (SIGSTOP, later SIGCONT)."""

import asyncio
import random
import time

from tests.browser.stack import until
from tests.prove.centre import SECOND, SERVICE, Centre

START_SECONDS = 60


async def service_killed(centre: Centre, rng: random.Random) -> float:
    await asyncio.to_thread(centre.kill, SERVICE)
    await asyncio.sleep(rng.uniform(0.0, 2.0))
    await asyncio.to_thread(centre.start_service)
    await until("the service answers again", centre.health, START_SECONDS)
    return time.monotonic()


async def menu_killed(centre: Centre, rng: random.Random) -> float:
    await asyncio.to_thread(centre.kill, "ivr")
    await asyncio.sleep(rng.uniform(0.0, 3.0))
    await asyncio.to_thread(centre.stack.start_ivr)
    return time.monotonic()


async def pbx_killed(centre: Centre, rng: random.Random) -> float:
    await asyncio.to_thread(centre.kill, "pbx")
    await asyncio.sleep(rng.uniform(0.0, 2.0))
    await asyncio.to_thread(centre.start_pbx)
    return time.monotonic()


async def _frozen(centre: Centre, name: str, seconds: float) -> float:
    centre.freeze(name)
    try:
        await asyncio.sleep(seconds)
    finally:
        centre.thaw(name)
    return time.monotonic()


async def service_frozen(centre: Centre, rng: random.Random) -> float:
    return await _frozen(centre, SERVICE, rng.uniform(1.0, 9.0))


async def menu_frozen(centre: Centre, rng: random.Random) -> float:
    """Long enough, most times, for the watch to lead callers past it."""
    return await _frozen(centre, "ivr", rng.uniform(3.0, 11.0))


async def pbx_frozen(centre: Centre, rng: random.Random) -> float:
    return await _frozen(centre, "pbx", rng.uniform(1.0, 12.0))


async def two_services(centre: Centre, rng: random.Random) -> float:
    """Both are started at once; then the one that has the PBX is killed. The other must take over."""
    if SECOND not in centre.ports:
        centre.ports[SECOND] = centre.ports[SERVICE] + 1
    for name in (SERVICE, SECOND):
        if centre.stack.background.running(name):
            await asyncio.to_thread(centre.kill, name)
    for name in (SERVICE, SECOND):
        centre.start_service(name)
    names = (SERVICE, SECOND)
    await until("both answer", lambda: all(centre.health(name) for name in names), 2 * START_SECONDS)
    await until("one owns the PBX", centre.is_live, START_SECONDS)
    await asyncio.sleep(rng.uniform(0.0, 2.0))
    owners = await asyncio.to_thread(centre.owners)
    assert len(owners) == 1, f"{len(owners)} services own the PBX"
    await asyncio.to_thread(centre.kill, owners[0])
    return time.monotonic()
