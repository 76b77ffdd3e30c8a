"""The floor of AMI intake: panoramisk as it comes, with one callback that takes every event."""

import asyncio
import time
import warnings
from typing import Any

from panoramisk.manager import Manager

from callcenter.bench.pouring import LAST, Pouring


async def measure(stream: bytes) -> tuple[int, float]:
    """(events heard, seconds of CPU) for the whole stream."""
    heard = 0
    began = 0.0
    over: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def on_event(_: Any, event: Any) -> None:
        nonlocal heard, began
        if not heard:
            began = time.thread_time()
        heard += 1
        if event.get("Run") == LAST:
            over.set_result(time.thread_time() - began)

    with warnings.catch_warnings(), Pouring(stream) as port:
        warnings.simplefilter("ignore", DeprecationWarning)
        manager = Manager(
            **{"host": "127.0.0.1", "port": port, "username": "bench", "secret": "bench"},
            loop=asyncio.get_running_loop(),
        )
        manager.register_event("*", on_event)
        await manager.connect()
        seconds = await asyncio.wait_for(over, 120)
        manager.close()
    return heard, seconds
