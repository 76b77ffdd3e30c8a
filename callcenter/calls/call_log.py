"""One call's events in the order of their time stamps, and the journey after each of them.

That is what makes doubled and late news harmless: a doubled event is found at its place and dropped; a late one is
put at its place, and only what comes after it is told again. Journeys are frozen and share their parts, so keeping
one for each event is cheap.
"""

from bisect import bisect_left
from datetime import datetime
from typing import Any

from callcenter.calls import events as e
from callcenter.calls.facts import Fact
from callcenter.calls.journeys import Journey
from callcenter.calls.machine import HANDLERS, step
from callcenter.calls.memory import decode, encode

#: Equal stamps of different events (not seen in recordings, microseconds apart) get one fixed order.
_RANK = {kind: rank for rank, kind in enumerate(HANDLERS)}

#: A call that lives through more than this is kept, but its oldest news can no longer be corrected.
MAX_EVENTS = 5000

Key = tuple[datetime, int, str]


def _key(event: e.OnLine) -> Key:
    return event.at, _RANK.get(type(event), -1), event.uniqueid


class CallLog:
    """See the module's text. `linkedids` are all names the PBX has used for this call."""

    __slots__ = ("_encoded", "events", "facts", "journeys", "keys", "linkedids", "origin", "uniqueids")

    def __init__(self, pbx: str, linkedid: str) -> None:
        self.origin = Journey(pbx, linkedid)
        self.linkedids = {linkedid}
        self.uniqueids: set[str] = set()
        self.events: list[e.OnLine] = []
        self.keys: list[Key] = []
        self.journeys: list[Journey] = []
        self.facts: list[tuple[Fact, ...]] = []
        self._encoded: list[list[Any]] = []

    @property
    def journey(self) -> Journey:
        """As it is after all events."""
        return self.journeys[-1] if self.journeys else self.origin

    @property
    def is_over(self) -> bool:
        """True when nothing more is to be expected: the journey ended, or a lone line that was none is gone."""
        journey = self.journey
        if journey.begun or not journey.is_open:
            return not journey.is_open
        return bool(journey.lines) and all(line.ended_at for line in journey.lines.values())

    def add(self, event: e.OnLine) -> tuple[Fact, ...] | None:
        """Take an event; return the facts that are new by it, or None if it was here already."""
        key = _key(event)
        if not self.keys or key > self.keys[-1]:
            return self._append(key, event)
        place = bisect_left(self.keys, key)
        while place < len(self.keys) and self.keys[place] == key:
            if self.events[place] == event:
                return None
            place += 1
        return self._insert(place, key, event)

    def _append(self, key: Key, event: e.OnLine) -> tuple[Fact, ...]:
        journey, facts = step(self.journey, event)
        self.keys.append(key)
        self.events.append(event)
        self.journeys.append(journey)
        self.facts.append(facts)
        if len(self.events) > MAX_EVENTS:
            self._forget_oldest(MAX_EVENTS // 2)
        return facts

    def _insert(self, place: int, key: Key, event: e.OnLine) -> tuple[Fact, ...]:
        told = [fact for facts in self.facts[place:] for fact in facts]
        later = [(key, event), *zip(self.keys[place:], self.events[place:], strict=True)]
        for column in (self.keys, self.events, self.journeys, self.facts, self._encoded):
            del column[place:]
        retold = [fact for later_key, later_event in later for fact in self._append(later_key, later_event)]
        return tuple(fact for fact in retold if fact not in told)

    def _forget_oldest(self, count: int) -> None:
        self.origin = self.journeys[count - 1]
        self.remember()
        for column in (self.keys, self.events, self.journeys, self.facts, self._encoded):
            del column[:count]

    # ---- across a restart ----

    def remember(self) -> dict[str, Any]:
        """Everything as JSON-able data; each event is encoded once."""
        for event in self.events[len(self._encoded) :]:
            self._encoded.append(encode(event))
        first = self.origin.linkedid
        return {
            "linkedids": [first, *sorted(self.linkedids - {first})],
            "uniqueids": sorted(self.uniqueids),
            "events": list(self._encoded),
        }

    @classmethod
    def recall(cls, pbx: str, memory: dict[str, Any]) -> "CallLog":
        """The call that `remember` described; events that this version does not know are left out."""
        names = memory["linkedids"]
        call = cls(pbx, names[0])
        call.linkedids = set(names)
        call.uniqueids = set(memory["uniqueids"])
        for event in map(decode, memory["events"]):
            if event is not None:
                call.add(event)
        return call
