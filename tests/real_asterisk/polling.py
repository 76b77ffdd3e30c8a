"""Wait for something outside this process that tells nobody: a file, the clock."""

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], bool], what: str, *, seconds: float = 10) -> None:
    """Returns when the condition holds; AssertionError naming `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        await asyncio.sleep(0.02)
