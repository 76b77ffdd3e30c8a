"""Which calls we know, and under which names: lines (uniqueids) and calls (linkedids). No I/O, no clock.

A finished call stays for `GRACE` so that late news can correct it; then only its names are kept, so that doubled news
cannot raise it from the dead.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, KeysView
from datetime import datetime, timedelta
from typing import Any

from callcenter.calls import events as e
from callcenter.calls.call_log import CallLog
from callcenter.calls.journeys import Line

GRACE = timedelta(seconds=5)
#: Names of finished calls to remember: about five minutes at 22 calls/s with three lines each.
REMEMBERED_NAMES = 20_000


class KnownCalls:
    """See the module's text. A name belongs to at most one call."""

    def __init__(self, pbx: str, over: Iterable[str] = ()) -> None:
        self._pbx = pbx
        self._by_line: dict[str, CallLog] = {}
        self._by_name: dict[str, CallLog] = {}
        self._finished: deque[tuple[datetime, CallLog]] = deque()
        self._names_of_old: OrderedDict[str, None] = OrderedDict.fromkeys(over)

    # ---- finding ----

    def all(self) -> list[CallLog]:
        """Each call once, in the order in which the PBX named them."""
        return list(dict.fromkeys(self._by_name.values()))

    def with_line(self, uniqueid: str) -> CallLog | None:
        """The call that this line is part of."""
        return self._by_line.get(uniqueid)

    def named(self, linkedid: str) -> CallLog | None:
        """The call that the PBX calls so, or called so before it became part of another."""
        return self._by_name.get(linkedid)

    def of(self, event: e.OnLine) -> CallLog | None:
        """The call of the event's line, else the one of its name."""
        return self._by_line.get(event.uniqueid) or self._by_name.get(event.linkedid)

    def line(self, uniqueid: str) -> Line | None:
        """This line as its journey has it."""
        call = self._by_line.get(uniqueid)
        return call.journey.lines.get(uniqueid) if call is not None else None

    def lines(self) -> KeysView[str]:
        """The names of all lines."""
        return self._by_line.keys()

    def was_once(self, *names: str) -> bool:
        """Whether one of these is the name of a call that is over and forgotten."""
        return any(name in self._names_of_old for name in names)

    # ---- naming ----

    def name(self, call: CallLog, linkedid: str) -> None:
        """From now on the call is known by this name too."""
        call.linkedids.add(linkedid)
        self._by_name[linkedid] = call

    def add_line(self, call: CallLog, uniqueid: str) -> None:
        """From now on this line is part of the call."""
        call.uniqueids.add(uniqueid)
        self._by_line[uniqueid] = call

    def absorb(self, absorbed: CallLog, into: CallLog) -> None:
        """All names of the one are names of the other now."""
        into.uniqueids |= absorbed.uniqueids
        into.linkedids |= absorbed.linkedids
        self._by_line.update(dict.fromkeys(absorbed.uniqueids, into))
        self._by_name.update(dict.fromkeys(absorbed.linkedids, into))

    # ---- the end ----

    def finish(self, call: CallLog, at: datetime) -> None:
        """The call is over since `at`: to be forgotten after `GRACE`, unless it turns out to go on."""
        self._finished.append((at, call))

    def forget_finished(self, now: datetime) -> None:
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

    # ---- across a restart ----

    def recall(self, memory: dict[str, Any]) -> None:
        """Take in the call that `CallLog.remember` described."""
        call = CallLog.recall(self._pbx, memory)
        self._by_name.update(dict.fromkeys(call.linkedids, call))
        self._by_line.update(dict.fromkeys(call.uniqueids, call))
        if call.is_over:
            self.finish(call, call.events[-1].at)

    def snapshot(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        finished = [[at.isoformat(), call.origin.linkedid] for at, call in self._finished]
        calls = [call.remember() for call in self.all()]
        return {"pbx": self._pbx, "calls": calls, "finished": finished, "old": list(self._names_of_old)}

    @classmethod
    def restore(cls, data: dict[str, Any]) -> "KnownCalls":
        """What `snapshot` described."""
        known = cls(data["pbx"], data["old"])
        for memory in data["calls"]:
            known.recall(memory)
        finished = ((datetime.fromisoformat(at), known.named(name)) for at, name in data["finished"])
        known._finished = deque((at, call) for at, call in finished if call is not None)
        return known
