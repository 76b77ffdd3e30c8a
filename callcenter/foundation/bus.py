"""The port between processes of one deployment: wake-ups, nothing more. What happened stands in the tables.

A wake-up is a topic and a number (the highest position of the ledger, or 0: look yourself). It may be lost,
doubled or late: who listens looks into the table, and does so now and then anyway. All ends hear it, also the
sender's own.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Protocol

from callcenter.foundation import logs

FACTS, EFFECTS, COMMANDS, OUTCOMES = "facts", "effects", "commands", "outcomes"
LOOK = 0
CONNECT_SECONDS = 5
QUIET_SECONDS = 10.0
"""After this long without a word a connection is asked whether it lives."""
LEAST_WAIT, MOST_WAIT = 0.1, 2.0
"""Seconds before the next attempt to connect."""

Heard = Callable[[int], None]


class Bus(Protocol):
    def listen(self, topic: str, heard: Heard) -> None:
        """Call `heard` (quick, never raising) at each wake-up of this topic."""
        ...

    def publish(self, topic: str, number: int = LOOK) -> None:
        """Wake all who listen. Returns at once, never raises; of several that wait the highest number is sent."""
        ...

    async def run(self) -> None:
        """Until cancelled: carry wake-ups; connects anew when its connection is lost."""
        ...


class BusEnd:
    """What all adapters have in common: who listens here, and what waits to be sent."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Heard]] = {}
        self._waiting: dict[str, int] = {}
        self._to_send = asyncio.Event()
        self._log = logs.get("bus")

    def listen(self, topic: str, heard: Heard) -> None:
        self._listeners.setdefault(topic, []).append(heard)

    def publish(self, topic: str, number: int = LOOK) -> None:
        self._waiting[topic] = max(number, self._waiting.get(topic, LOOK))
        self._to_send.set()

    async def next_to_send(self) -> tuple[str, int]:
        """A topic that waits, with its number; call `sent` once it has gone."""
        while not self._waiting:
            self._to_send.clear()
            await self._to_send.wait()
        topic = next(iter(self._waiting))
        return topic, self._waiting[topic]

    def sent(self, topic: str, number: int) -> None:
        if self._waiting.get(topic) == number:
            del self._waiting[topic]

    def hear(self, topic: str, number: int) -> None:
        for heard in self._listeners.get(topic, ()):
            try:
                heard(number)
            except Exception:
                # A listener's fault must not end the connection that the others listen by.
                self._log.exception("listener_failed", topic=topic)

    def hear_text(self, text: str) -> None:
        """`<topic> <number>`, as the adapters send it; anything else is nobody's."""
        topic, _, number = text.partition(" ")
        if number.isdecimal() and len(number) < 20:
            self.hear(topic, int(number))

    def hear_all(self) -> None:
        """A connection was made: what was said before it nobody heard."""
        for topic in self._listeners:
            self.hear(topic, LOOK)


class ConnectedBus(BusEnd, ABC):
    """A bus by way of a server: two connections of its own, one to hear and one to send, made anew when lost."""

    failures: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    """What a lost connection raises; OSError covers time limits."""

    def __init__(self) -> None:
        super().__init__()
        self._wait = LEAST_WAIT

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._hear())
                    tasks.create_task(self._send())
            except* self.failures as group:
                self._log.warning("bus_lost", why=type(group.exceptions[0]).__name__)
            await asyncio.sleep(self._wait)
            self._wait = min(self._wait * 2, MOST_WAIT)

    def connected(self) -> None:
        """For `_hear`, once nothing that is said from now on can be missed."""
        self._wait = LEAST_WAIT
        self.hear_all()

    @abstractmethod
    async def _hear(self) -> None:
        """Call `connected` once, then `hear_text` with what comes, until the connection is lost (`failures`)."""

    @abstractmethod
    async def _send(self) -> None:
        """Send what `next_to_send` gives, until the connection is lost (`failures`)."""


class LocalBus(BusEnd):
    """Within one process; several ends that share `ends` hear one another."""

    def __init__(self, ends: "list[LocalBus] | None" = None) -> None:
        super().__init__()
        self._ends = ends if ends is not None else []
        self._ends.append(self)

    async def run(self) -> None:
        self.hear_all()
        while True:
            topic, number = await self.next_to_send()
            self.sent(topic, number)
            for end in self._ends:
                end.hear(topic, number)
