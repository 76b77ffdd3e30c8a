"""Events between the link and its one consumer: bounded, in order, taken in batches."""

import asyncio
from collections import deque

from callcenter.calls.events import LineEvent

MOST = 20_000
BATCH = 50


class Inbox:
    """`put` never blocks and never raises; when full it says so, and the link must be made anew."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._events: deque[LineEvent] = deque()
        self._arrived = asyncio.Event()
        self.overflowed = False

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: LineEvent) -> None:
        if len(self._events) >= self._most:
            self.overflowed = True
            return
        self._events.append(event)
        self._arrived.set()

    def take(self) -> list[LineEvent]:
        """What is there now, at most one batch."""
        batch = [self._events.popleft() for _ in range(min(BATCH, len(self._events)))]
        if not self._events:
            self._arrived.clear()
        return batch

    async def wait(self) -> None:
        await self._arrived.wait()
