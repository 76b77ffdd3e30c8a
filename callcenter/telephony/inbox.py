"""Events between the link and its one consumer: bounded, in order, taken in batches."""

import asyncio
import time
from collections import deque

from callcenter.calls.events import LineEvent

MOST = 20_000
BATCH = 50


class Inbox:
    """`put` never blocks and never raises; when full it says so, and the link must be made anew."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._events: deque[tuple[float, LineEvent]] = deque()
        self._arrived = asyncio.Event()
        self.overflowed = False
        self.deepest = 0
        self.came_at = 0.0
        """When the first event of the batch that was taken last had come, in `time.monotonic` seconds."""

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: LineEvent) -> None:
        if len(self._events) >= self._most:
            self.overflowed = True
            return
        self._events.append((time.monotonic(), event))
        self._arrived.set()

    def take(self) -> list[LineEvent]:
        """What is there now, at most one batch."""
        waiting = len(self._events)
        self.deepest = max(self.deepest, waiting)
        if waiting:
            self.came_at = self._events[0][0]
        batch = [self._events.popleft()[1] for _ in range(min(BATCH, waiting))]
        if not self._events:
            self._arrived.clear()
        return batch

    async def wait(self) -> None:
        await self._arrived.wait()
