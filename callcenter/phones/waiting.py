"""Waiting for a named condition with a deadline, without polling."""

import asyncio
from collections.abc import Callable

from callcenter.phones.errors import WaitTimedOut


class Changes:
    """Wakes all who wait whenever something changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Let every waiter look at its condition again."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def until(self, predicate: Callable[[], bool], condition: str, timeout: float) -> None:
        """Return when `predicate` holds; WaitTimedOut(condition) after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while not predicate():
                    await self._next()
        except TimeoutError:
            raise WaitTimedOut(condition, timeout) from None

    async def _next(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)
