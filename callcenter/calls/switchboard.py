"""All open journeys of one PBX, in memory. No I/O, no clock: time is what the events say.

>>> board = Switchboard("a")
>>> for event in events:            # from telephony.ami_events.translate
...     for change in board.apply(event):
...         ...                     # change.journey after the event, change.facts to append
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.calls.events import LineEvent
from callcenter.calls.facts import Fact
from callcenter.calls.journeys import Journey


@dataclass(frozen=True, slots=True)
class Change:
    """One journey after an event. `late`: older than what was seen before; its facts may correct earlier ones."""

    journey: Journey
    facts: tuple[Fact, ...]
    late: bool = False


@dataclass(frozen=True, slots=True)
class LiveLine:
    """A row of the PBX's list of live channels (telephony.ami_events.live_line makes it)."""

    uniqueid: str
    linkedid: str
    channel: str
    state: int
    caller_number: str
    caller_name: str
    dialled: str
    application: str
    bridge: str
    seconds: float


@dataclass(frozen=True, slots=True)
class LiveWait:
    """A row of the PBX's list of waiting callers (telephony.ami_events.live_wait makes it)."""

    uniqueid: str
    channel: str
    queue: str
    position: int
    caller_number: str
    wait_seconds: float


class Switchboard:
    """Routes events to journeys; see the module's text."""

    def __init__(self, pbx: str) -> None:
        raise NotImplementedError

    def apply(self, event: LineEvent) -> list[Change]:
        """Take one event; doubled and late ones are welcome. Events of members and devices change nothing."""
        raise NotImplementedError

    def open_journeys(self) -> list[Journey]:
        """Every journey that has begun and not ended, oldest first."""
        raise NotImplementedError

    def journey(self, linkedid: str) -> Journey | None:
        """The journey under this linkedid (also a merged one's), while it is in memory."""
        raise NotImplementedError

    def adopt(self, lines: Iterable[LiveLine], waits: Iterable[LiveWait], at: datetime) -> list[Change]:
        """Build or mend journeys from what the PBX shows now (callcenter.md §4.2); `at` = time of that list."""
        raise NotImplementedError

    def end_missing(self, live: Collection[str], at: datetime, *, estimated: bool = True) -> list[Change]:
        """End every line that is not among the live uniqueids; lines younger than 2 s before `at` are spared."""
        raise NotImplementedError

    def snapshot(self) -> dict[str, Any]:
        """All open journeys as JSON-able data."""
        raise NotImplementedError

    @classmethod
    def restore(cls, data: dict[str, Any]) -> "Switchboard":
        """The switchboard that `snapshot` described."""
        raise NotImplementedError
