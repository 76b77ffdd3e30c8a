"""All open journeys of one PBX, in memory. No I/O, no clock: time is what the events say.

>>> board = Switchboard("a")
>>> for event in events:            # from telephony.ami_events.translate
...     for change in board.apply(event):
...         ...                     # change.journey after the event, change.facts to append

A call is found by its line, else by the PBX's name of the call (linkedid). Two calls become one when the PBX says so
and at most one of them is a household's. The consultation before a phone's own attended transfer is a call by itself;
it is taken into the journey at once, since its agent is in an open leg there. A finished call stays for `GRACE` so
that late news can correct it; then only its names are kept, so that doubled news cannot raise it from the dead.
"""

from collections import OrderedDict, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callcenter.calls import events as e
from callcenter.calls.arrivals import INTRODUCING
from callcenter.calls.call_log import CallLog
from callcenter.calls.changing import replace
from callcenter.calls.facts import Fact, JourneyMerged
from callcenter.calls.journeys import Journey, Line
from callcenter.calls.lines import interface_of, is_agent_interface
from callcenter.calls.live_lines import (
    LiveLine,
    LiveWait,
    differs,
    found_duties,
    found_lines,
    found_waits,
    settling,
    still_waiting,
)
from callcenter.calls.machine import is_contact
from callcenter.calls.states import CallState, Direction

__all__ = ["Change", "LiveLine", "LiveWait", "Switchboard"]

GRACE = timedelta(seconds=5)
#: Names of finished calls to remember: about five minutes at 22 calls/s with three lines each.
REMEMBERED_NAMES = 20_000
#: How young a line must be to be spared by `end_missing`: the list may have been taken just before its birth.
SPARED_AGE = timedelta(seconds=2)

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
    """See the module's text."""

    def __init__(self, pbx: str) -> None:
        self.pbx = pbx
        self._by_line: dict[str, CallLog] = {}
        self._by_name: dict[str, CallLog] = {}
        self._finished: deque[tuple[datetime, CallLog]] = deque()
        self._names_of_old: OrderedDict[str, None] = OrderedDict()
        self._too_early: deque[e.OnLine] = deque(maxlen=MOST_TOO_EARLY)

    # ---- events ----

    def apply(self, event: e.LineEvent) -> list[Change]:
        """Take one event; doubled and late ones are welcome. Events of members and devices change nothing."""
        if not isinstance(event, e.OnLine):
            return []
        self._forget_finished(event.at)
        changes: list[Change] = []
        known = event.linkedid in self._by_name
        call = self._call_of(event, changes)
        if call is None and event.uniqueid not in self._names_of_old:
            self._too_early.append(event)
        if call is not None:
            changes += self._add(call, event)
            if changes and changes[-1].late and not _is_household(call):
                # news of who began this call came late: it may be a consultation after all
                self._joined(call, self._consulting(call.events[0]), event.at, changes)
        if type(event) in _SPYING:
            spies = self._by_line.get(event.spy_uniqueid)  # type: ignore[attr-defined]
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
        call = self._by_line.get(event.uniqueid)
        named = self._by_name.get(event.linkedid)
        if isinstance(event, e.AttendedTransferred) and call is not None:
            second = self._by_line.get(event.second_uniqueid) or self._by_name.get(event.second_linkedid)
            call = self._joined(call, second, event.at, changes)
        if call is not None:
            return self._joined(call, named, event.at, changes) if named is not call else call
        call = self._open(event) if named is None else named
        if call is not None and event.uniqueid:
            self._by_line[event.uniqueid] = call
            call.uniqueids.add(event.uniqueid)
        return call

    def _open(self, event: e.OnLine) -> CallLog | None:
        old = event.uniqueid in self._names_of_old or event.linkedid in self._names_of_old
        if old or type(event) not in OPENING or not event.uniqueid or not event.linkedid:
            return None
        call = self._consulting(event) or CallLog(self.pbx, event.linkedid)
        call.linkedids.add(event.linkedid)
        self._by_name[event.linkedid] = call
        return call

    def _consulting(self, event: e.OnLine) -> CallLog | None:
        """The call in which this agent is just talking: he begins another one to ask a colleague."""
        if isinstance(event, e.DialBegan) or not getattr(event, "incoming", True):
            return None
        agent = interface_of(event.channel)
        if not is_agent_interface(agent):
            return None
        for call in self._calls():
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
            self._finished.append((event.at, call))
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
        self._rename(absorbed, into)
        if into.is_over and not was_over:
            self._finished.append((at, into))
        if merged.begun:
            merged = replace(merged, state=CallState.MERGED, ended_at=merged.ended_at or at)
            changes.append(Change(merged, (JourneyMerged(at, into.origin.linkedid),)))
        new = tuple(fact for facts in into.facts for fact in facts if fact not in told)
        if into.journey != before and into.journey.begun:
            changes.append(Change(into.journey, new, late=True))
        return into

    def _rename(self, absorbed: CallLog, into: CallLog) -> None:
        into.uniqueids |= absorbed.uniqueids
        into.linkedids |= absorbed.linkedids
        self._by_line.update(dict.fromkeys(absorbed.uniqueids, into))
        self._by_name.update(dict.fromkeys(absorbed.linkedids, into))

    # ---- the end ----

    def _forget_finished(self, now: datetime) -> None:
        while self._finished and now - self._finished[0][0] > GRACE:
            self._forget(self._finished.popleft()[1])

    def _forget(self, call: CallLog) -> None:
        if not call.is_over:  # late news has shown that it goes on
            return
        for name in call.uniqueids:
            if self._by_line.get(name) is call:
                del self._by_line[name]
                self._names_of_old[name] = None
        for name in call.linkedids:
            if self._by_name.get(name) is call:
                del self._by_name[name]
                self._names_of_old[name] = None
        while len(self._names_of_old) > REMEMBERED_NAMES:
            self._names_of_old.popitem(last=False)

    # ---- what there is ----

    def _calls(self) -> list[CallLog]:
        return list(dict.fromkeys(self._by_name.values()))

    def open_journeys(self) -> list[Journey]:
        """Every journey that has begun and not ended, in the order in which the PBX named them."""
        journeys = (call.journey for call in self._calls())
        return [journey for journey in journeys if journey.is_open and is_contact(journey)]

    def journey(self, linkedid: str) -> Journey | None:
        """The journey under this linkedid (also a merged one's), while it is in memory."""
        call = self._by_name.get(linkedid)
        return call.journey if call is not None and is_contact(call.journey) else None

    def journey_of(self, event: e.LineEvent) -> Journey | None:
        """The journey that this event, applied before, belongs to."""
        if not isinstance(event, e.OnLine):
            return None
        call = self._by_line.get(event.uniqueid) or self._by_name.get(event.linkedid)
        return call.journey if call is not None else None

    def has_line(self, uniqueid: str) -> bool:
        """Whether a call in memory has this line."""
        return uniqueid in self._by_line

    def knows(self, event: e.OnLine, within: timedelta = SAME_NEWS) -> bool:
        """True if another source told the same already: same kind, line and subject, at nearly the same time."""
        call = self._by_line.get(event.uniqueid) or self._by_name.get(event.linkedid)
        if call is None:
            return False
        subject = _subject(event)
        return any(_subject(known) == subject and abs(known.at - event.at) <= within for known in call.events)

    # ---- comparing with the PBX ----

    def adopt(self, lines: Iterable[LiveLine], waits: Iterable[LiveWait], at: datetime) -> list[Change]:
        """Build or mend journeys from what the PBX shows now (callcenter.md §4.2); `at` = time of that list.

        A leg found under way counts from the birth of the agent's line, since nothing says when it was answered.
        """
        lines = list(lines)
        found = found_lines(self.pbx, lines, at)
        events: list[e.OnLine] = [*settling([line for line in found if differs(self._line(line.uniqueid), line)])]
        events = sorted([*events, *found_waits(self.pbx, waits, found, at)], key=lambda one: one.at)
        after = at + timedelta(microseconds=len(found))
        events += [duty for duty in found_duties(self.pbx, lines, after) if not self._duty_known(duty.uniqueid)]
        return [change for event in events for change in self.apply(event)]

    def _duty_known(self, uniqueid: str) -> bool:
        call = self._by_line.get(uniqueid)
        return call is not None and call.journey.duty_called

    def agrees(self, lines: Iterable[LiveLine], waits: Iterable[LiveWait], at: datetime) -> bool:
        """Whether these lists show what we believe, as far as they can: what is younger than 2 s is spared."""
        found = found_lines(self.pbx, lines, at)
        live = {line.uniqueid for line in found}
        new = (line for line in found if not {line.uniqueid, line.linkedid} & self._names_of_old.keys())
        if any(differs(self._line(line.uniqueid), line) for line in new):
            return False
        known = {wait.uniqueid for wait in waits} <= self._by_line.keys()
        return known and not self._gone(live, at) and not self._waits_gone(waits, at)

    def _waits_gone(self, waits: Iterable[LiveWait], at: datetime) -> list[e.OnLine]:
        shown = {(wait.uniqueid, wait.queue) for wait in waits}
        return [
            e.WaitVanished(self.pbx, at, line.uniqueid, call.origin.linkedid, line.channel, visit.queue)
            for call in self._calls()
            for line, visit in still_waiting(call.journey, at - SPARED_AGE)
            if (line.uniqueid, visit.queue) not in shown
        ]

    def leave_missing(self, waits: Iterable[LiveWait], at: datetime) -> list[Change]:
        """Let every caller leave the queue whom the PBX does not show waiting; `end_missing` and `adopt` go before.

        One change a caller, even if nothing can be said yet of how the visit ended.
        """
        changes = []
        for event in self._waits_gone(waits, at):
            facts = tuple(fact for change in self.apply(event) for fact in change.facts)
            changes.append(Change(self._by_line[event.uniqueid].journey, facts))
        return changes

    def _line(self, uniqueid: str) -> Any:
        call = self._by_line.get(uniqueid)
        return call.journey.lines.get(uniqueid) if call is not None else None

    def end_missing(
        self, live: Collection[str], at: datetime, *, estimated: bool = True, spared: timedelta | None = None
    ) -> list[Change]:
        """End every line that is not among the live uniqueids; lines younger than `spared` before `at` (2 s) stay."""
        gone = [
            e.LineVanished(self.pbx, at, line.uniqueid, call.origin.linkedid, line.channel, estimated)
            for call, line in self._gone(live, at, spared)
        ]
        return [change for event in gone for change in self.apply(event)]

    def _gone(
        self, live: Collection[str], at: datetime, spared: timedelta | None = None
    ) -> list[tuple[CallLog, Line]]:
        known, youngest = set(live), at - (SPARED_AGE if spared is None else spared)
        return [
            (call, line)
            for call in self._calls()
            for line in call.journey.lines.values()
            if line.ended_at is None and line.uniqueid not in known and line.appeared_at <= youngest
        ]

    # ---- across a restart ----

    def memory_of(self, linkedid: str) -> dict[str, Any] | None:
        """All we know of this call as JSON-able data, for `restore_journeys`; None once it is out of memory."""
        call = self._by_name.get(linkedid)
        return call.remember() if call is not None else None

    @classmethod
    def restore_journeys(
        cls, pbx: str, memories: Iterable[dict[str, Any]], over: Iterable[str] = ()
    ) -> "Switchboard":
        """A switchboard with the calls that `memory_of` described; `over`: names of calls that have ended."""
        board = cls(pbx)
        board._names_of_old = OrderedDict.fromkeys(over)
        for memory in memories:
            board._recall(memory)
        return board

    def snapshot(self) -> dict[str, Any]:
        """The whole switchboard as JSON-able data."""
        finished = [[at.isoformat(), call.origin.linkedid] for at, call in self._finished]
        return {
            "pbx": self.pbx,
            "calls": [call.remember() for call in self._calls()],
            "finished": finished,
            "old": list(self._names_of_old),
        }

    @classmethod
    def restore(cls, data: dict[str, Any]) -> "Switchboard":
        """The switchboard that `snapshot` described."""
        board = cls.restore_journeys(data["pbx"], data["calls"])
        board._finished = deque(
            (datetime.fromisoformat(at), board._by_name[name])
            for at, name in data["finished"]
            if name in board._by_name
        )
        board._names_of_old = OrderedDict.fromkeys(data["old"])
        return board

    def _recall(self, memory: dict[str, Any]) -> None:
        call = CallLog.recall(self.pbx, memory)
        self._by_name.update(dict.fromkeys(call.linkedids, call))
        self._by_line.update(dict.fromkeys(call.uniqueids, call))
        if call.is_over:
            self._finished.append((call.events[-1].at, call))


def _is_household(call: CallLog) -> bool:
    """True for a call that belongs to somebody outside, or may yet."""
    return call.journey.begun and call.journey.direction is not Direction.INTERNAL


def _subject(event: e.OnLine) -> tuple[object, ...]:
    """What the event is about, without its time and what only one source knows."""
    return type(event), event.uniqueid, *(getattr(event, name, None) for name in _SUBJECTS)
