"""Faults under the service: its database, its disk, its clock."""

import asyncio
import random
import resource
import sqlite3
import time
from contextlib import closing

from sqlalchemy.engine import make_url

from tests.browser.stack import until
from tests.prove.centre import SERVICE, Centre

LOCKED_SECONDS = 10.0
HOUR = 3600


async def database_locked(centre: Centre, rng: random.Random) -> float:
    """Another process's write transaction stays open for ten seconds."""
    path = str(make_url(centre.settings.sqlalchemy_url).database)
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        await asyncio.sleep(LOCKED_SECONDS)
        other.execute("ROLLBACK")
    return time.monotonic()


async def postgresql_stopped(centre: Centre, rng: random.Random) -> float:
    assert centre.postgres is not None
    await asyncio.to_thread(centre.postgres.stop, rng.choice(("fast", "immediate")))
    try:
        await asyncio.sleep(rng.uniform(0.5, 6.0))
    finally:
        await asyncio.to_thread(centre.postgres.start)
    return time.monotonic()


async def disk_full(centre: Centre, rng: random.Random) -> float:
    """No file of the service can grow or be written any more (RLIMIT_FSIZE 0), its log neither."""
    pid = centre.pid(SERVICE)
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        await asyncio.sleep(rng.uniform(2.0, 7.0))
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    return time.monotonic()


async def _jump(centre: Centre, rng: random.Random, seconds: int) -> float:
    assert centre.clock is not None
    await _set(centre, seconds)
    await asyncio.sleep(rng.uniform(2.0, 6.0))
    await _set(centre, 0)
    return time.monotonic()


async def _set(centre: Centre, seconds: int) -> None:
    assert centre.clock is not None
    centre.clock.jump(seconds)
    await until("the service's clock has jumped", lambda: abs(centre.clock_ahead() - seconds) < HOUR / 2)


async def clock_ahead(centre: Centre, rng: random.Random) -> float:
    return await _jump(centre, rng, HOUR)


async def clock_behind(centre: Centre, rng: random.Random) -> float:
    return await _jump(centre, rng, -HOUR)
