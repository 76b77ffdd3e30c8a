"""Events between the link and its one consumer: bounded, in order, taken in batches."""

import asyncio
import contextlib
import time
from collections import deque

from callcenter.calls.events import AgentCalled, DialBegan, LineEvent

MOST = 20_000
BATCH = 50
URGENT = (AgentCalled, DialBegan)


class Inbox:
    """`put` never blocks and never raises; when full it says so, and the link must be made anew."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._events: deque[tuple[float, LineEvent]] = deque()
        self._arrived = asyncio.Event()
        self._rings = asyncio.Event()
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
        if isinstance(event, URGENT):
            self._rings.set()

    def take(self) -> list[LineEvent]:
        """What is there now, at most one batch."""
        waiting = len(self._events)
        self.deepest = max(self.deepest, waiting)
        if waiting:
            self.came_at = self._events[0][0]
        batch = [self._events.popleft()[1] for _ in range(min(BATCH, waiting))]
        if not self._events:
            self._arrived.clear()
            self._rings.clear()
        return batch

    async def wait(self) -> None:
        await self._arrived.wait()

    async def gather(self, most_seconds: float) -> None:
        """Let what belongs together arrive; but a telephone that rings wants its screen-pop at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_seconds):
                await self._rings.wait()
