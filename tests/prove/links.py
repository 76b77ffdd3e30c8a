"""Faults of the AMI link, made by our proxy."""

import asyncio
import random
import time

from tests.browser.stack import until
from tests.prove.ami_proxy import Weather
from tests.prove.centre import Centre


async def _weather(centre: Centre, weather: Weather, seconds: float, rng: random.Random) -> float:
    centre.proxy.set(weather, rng)
    try:
        await asyncio.sleep(seconds)
    finally:
        centre.proxy.set(Weather.FAIR)
    return time.monotonic()


async def link_cut(centre: Centre, rng: random.Random) -> float:
    centre.proxy.set(Weather.CUT)
    try:
        await until("the service has noticed", lambda: not centre.is_live())
        await asyncio.sleep(rng.uniform(0.0, 4.0))
    finally:
        centre.proxy.set(Weather.FAIR)
    return time.monotonic()


async def link_half_open(centre: Centre, rng: random.Random) -> float:
    return await _weather(centre, Weather.HALF_OPEN, rng.uniform(2.0, 14.0), rng)


async def link_slow(centre: Centre, rng: random.Random) -> float:
    centre.proxy.bytes_per_second = rng.uniform(500.0, 6000.0)
    return await _weather(centre, Weather.SLOW, rng.uniform(4.0, 10.0), rng)


async def link_full_of_garbage(centre: Centre, rng: random.Random) -> float:
    return await _weather(centre, Weather.GARBAGE, rng.uniform(2.0, 6.0), rng)
