"""All open journeys of one PBX, in memory. No I/O, no clock: time is what the events say.

>>> board = Switchboard("a")
>>> for event in events:            # from telephony.ami_events.translate
...     for change in board.apply(event):
...         ...                     # change.journey after the event, change.facts to append

A call is found by its line, else by the PBX's name of the call (linkedid). Two calls become one when the PBX says so
and at most one of them is a household's. The consultation before a phone's own attended transfer is a call by itself;
it is taken into the journey at once, since its agent is in an open leg there. Which calls there are: `known_calls`;
comparing them with what the PBX shows: `live_comparison`.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callcenter.calls import events as e
from callcenter.calls.arrivals import INTRODUCING
from callcenter.calls.call_log import CallLog
from callcenter.calls.changing import replace
from callcenter.calls.facts import Fact, JourneyMerged
from callcenter.calls.journeys import Journey
from callcenter.calls.known_calls import KnownCalls
from callcenter.calls.lines import interface_of, is_agent_interface
from callcenter.calls.machine import is_contact
from callcenter.calls.states import CallState, Direction

#: How far the stamps of one happening may lie apart in two sources (AMI and CEL: microseconds; an IVR step, told
#: by two commands of the voice menu, some milliseconds).
SAME_NEWS = timedelta(milliseconds=500)
#: News of calls not known yet, the latest so many: the list that shows a new call can come after its end. They have
#: no age limit: a line's name is never used twice, and a message left or a call-back asked for must not be lost.
MOST_TOO_EARLY = 200
_SUBJECTS = ("node", "key", "bridge", "agent_uniqueid", "refused")

#: Events that may be the first we see of a call. Of all others a call must be known.
OPENING = INTRODUCING | {e.LineAppeared, e.LineFound}
_SPYING = frozenset({e.SpyStarted, e.SpyStopped})


@dataclass(frozen=True, slots=True)
class Change:
    """One journey after an event. `late`: older than what was seen before; its facts may correct earlier ones."""

    journey: Journey
    facts: tuple[Fact, ...]
    late: bool = False


class Switchboard:
    """See the module's text. `known`: which calls there are (to be read, changed by events only)."""

    def __init__(self, pbx: str, known: KnownCalls | None = None) -> None:
        self.pbx = pbx
        self.known = KnownCalls(pbx) if known is None else known
        self._too_early: deque[e.OnLine] = deque(maxlen=MOST_TOO_EARLY)

    # ---- events ----

    def apply(self, event: e.LineEvent) -> list[Change]:
        """Take one event; doubled and late ones are welcome. Events of members and devices change nothing."""
        if not isinstance(event, e.OnLine):
            return []
        self.known.forget_finished(event.at)
        changes: list[Change] = []
        known = self.known.named(event.linkedid) is not None
        call = self._call_of(event, changes)
        if call is None and not self.known.was_once(event.uniqueid):
            self._too_early.append(event)
        if call is not None:
            changes += self._add(call, event)
            if changes and changes[-1].late and not _is_household(call):
                # news of who began this call came late: it may be a consultation after all
                self._joined(call, self._consulting(call.events[0]), event.at, changes)
        if type(event) in _SPYING:
            spies = self.known.with_line(event.spy_uniqueid)  # type: ignore[attr-defined]
            if spies is not None and spies is not call:
                changes += self._add(spies, event)
        if call is not None and not known and self._too_early:
            changes += self._late_for(call, event)
        return changes

    def _late_for(self, call: CallLog, opened: e.OnLine) -> list[Change]:
        """What was said of this call before we knew it."""
        names = call.uniqueids | call.linkedids
        own = [event for event in self._too_early if event.uniqueid in names or event.linkedid in names]
        for event in own:
            self._too_early.remove(event)
        return [change for event in own for change in self.apply(event)]

    def _call_of(self, event: e.OnLine, changes: list[Change]) -> CallLog | None:
        call = self.known.with_line(event.uniqueid)
        named = self.known.named(event.linkedid)
        if isinstance(event, e.AttendedTransferred) and call is not None:
            second = self.known.with_line(event.second_uniqueid) or self.known.named(event.second_linkedid)
            call = self._joined(call, second, event.at, changes)
        if call is not None:
            return self._joined(call, named, event.at, changes) if named is not call else call
        call = self._open(event) if named is None else named
        if call is not None and event.uniqueid:
            self.known.add_line(call, event.uniqueid)
        return call

    def _open(self, event: e.OnLine) -> CallLog | None:
        old = self.known.was_once(event.uniqueid, event.linkedid)
        if old or type(event) not in OPENING or not event.uniqueid or not event.linkedid:
            return None
        call = self._consulting(event) or CallLog(self.pbx, event.linkedid)
        self.known.name(call, event.linkedid)
        return call

    def _consulting(self, event: e.OnLine) -> CallLog | None:
        """The call in which this agent is just talking: he begins another one to ask a colleague."""
        if isinstance(event, e.DialBegan) or not getattr(event, "incoming", True):
            return None
        agent = interface_of(event.channel)
        if not is_agent_interface(agent):
            return None
        for call in self.known.all():
            if any(leg.agent == agent and leg.to_at is None for leg in call.journey.agent_legs):
                return call
        return None

    def _add(self, call: CallLog, event: e.OnLine) -> list[Change]:
        before, was_over = call.journey, call.is_over
        facts = call.add(event)
        if facts is None:
            return []
        journey, late = call.journey, call.events[-1] is not event
        if not was_over and call.is_over:
            self.known.finish(call, event.at)
        named = (before.caller, before.dialled) != (journey.caller, journey.dialled)
        if journey.begun and (facts or named or (late and journey != before)):
            return [Change(journey, facts, late)]
        return []

    # ---- two calls become one ----

    def _joined(self, one: CallLog, other: CallLog | None, at: datetime, changes: list[Change]) -> CallLog:
        if other is None or other is one or (_is_household(one) and _is_household(other)):
            return one
        into, absorbed = (other, one) if _is_household(other) else (one, other)
        merged, was_over = absorbed.journey, into.is_over
        before, told = into.journey, {fact for facts in into.facts for fact in facts}
        for event in absorbed.events:
            into.add(event)
        self.known.absorb(absorbed, into)
        if into.is_over and not was_over:
            self.known.finish(into, at)
        if merged.begun:
            merged = replace(merged, state=CallState.MERGED, ended_at=merged.ended_at or at)
            changes.append(Change(merged, (JourneyMerged(at, into.origin.linkedid),)))
        new = tuple(fact for facts in into.facts for fact in facts if fact not in told)
        if into.journey != before and into.journey.begun:
            changes.append(Change(into.journey, new, late=True))
        return into

    # ---- what there is ----

    def open_journeys(self) -> list[Journey]:
        """Every journey that has begun and not ended, in the order in which the PBX named them."""
        journeys = (call.journey for call in self.known.all())
        return [journey for journey in journeys if journey.is_open and is_contact(journey)]

    def journey(self, linkedid: str) -> Journey | None:
        """The journey under this linkedid (also a merged one's), while it is in memory."""
        call = self.known.named(linkedid)
        return call.journey if call is not None and is_contact(call.journey) else None

    def journey_of(self, event: e.LineEvent) -> Journey | None:
        """The journey that this event, applied before, belongs to."""
        if not isinstance(event, e.OnLine):
            return None
        call = self.known.of(event)
        return call.journey if call is not None else None

    def has_line(self, uniqueid: str) -> bool:
        """Whether a call in memory has this line."""
        return self.known.with_line(uniqueid) is not None

    def knows(self, event: e.OnLine, within: timedelta = SAME_NEWS) -> bool:
        """True if another source told the same already: same kind, line and subject, at nearly the same time."""
        call = self.known.of(event)
        if call is None:
            return False
        subject = _subject(event)
        return any(_subject(known) == subject and abs(known.at - event.at) <= within for known in call.events)

    # ---- across a restart ----

    def memory_of(self, linkedid: str) -> dict[str, Any] | None:
        """All we know of this call as JSON-able data, for `restore_journeys`; None once it is out of memory."""
        call = self.known.named(linkedid)
        return call.remember() if call is not None else None

    @classmethod
    def restore_journeys(
        cls, pbx: str, memories: Iterable[dict[str, Any]], over: Iterable[str] = ()
    ) -> "Switchboard":
        """A switchboard with the calls that `memory_of` described; `over`: names of calls that have ended."""
        known = KnownCalls(pbx, over)
        for memory in memories:
            known.recall(memory)
        return cls(pbx, known)

    def snapshot(self) -> dict[str, Any]:
        """The whole switchboard as JSON-able data."""
        return self.known.snapshot()

    @classmethod
    def restore(cls, data: dict[str, Any]) -> "Switchboard":
        """The switchboard that `snapshot` described."""
        return cls(data["pbx"], KnownCalls.restore(data))


def _is_household(call: CallLog) -> bool:
    """True for a call that belongs to somebody outside, or may yet."""
    return call.journey.begun and call.journey.direction is not Direction.INTERNAL


def _subject(event: e.OnLine) -> tuple[object, ...]:
    """What the event is about, without its time and what only one source knows."""
    return type(event), event.uniqueid, *(getattr(event, name, None) for name in _SUBJECTS)
