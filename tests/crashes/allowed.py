"""What a restarted service cannot know, because neither the PBX's lists nor CEL hold it: one table of allowances.

Equal means: every row and value of :func:`tests.crashes.books.read`. A difference is let pass only if an event that
nobody heard (it was being dealt with when the process died, or happened while it was away) was the only carrier of
that value, or if the ledger itself marks the time as an estimate; all else is a different ledger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from callcenter.calls import events as e
from callcenter.calls.events import LineEvent
from tests.crashes.books import Book, Difference, differences

#: Two things that the PBX tells of one act come this close together: the second one stands in for the first.
ONE_ACT = timedelta(milliseconds=50)
_DERIVED = frozenset({"wait_seconds", "talk_seconds", "hold_seconds", "waited_seconds"})


@dataclass
class Ruling:
    """`used`: the allowances that were needed; `unexplained`: what makes this a different ledger."""

    used: set[str] = field(default_factory=set)
    unexplained: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """What the rules look at. `began`, `back`: when the process died and when it was there again, PBX time."""

    expected: Book
    found: Book
    lost: frozenset[type[LineEvent]]
    began: datetime
    back: datetime

    @property
    def away(self) -> bool:
        return self.back > self.began

    def row(self, book: Book, difference: Difference) -> dict[str, Any]:
        place = difference.path[:3]
        return {path[3]: value for path, value in book.items() if path[:3] == place}

    def journey(self, book: Book, difference: Difference) -> dict[str, Any]:
        place = (difference.path[0], "journey", "")
        return {path[3]: value for path, value in book.items() if path[:3] == place}

    def estimates(self, journey: str) -> set[str]:
        return set(self.found.get((journey, "journey", "", "estimates")) or ())

    def heard_all_but(self, *kinds: type[LineEvent]) -> bool:
        return bool(self.lost & set(kinds))


Rule = Callable[[Case, Difference], bool]


def judge(expected: Book, found: Book, lost: Sequence[LineEvent], *, began: datetime, back: datetime) -> Ruling:
    """Which differences there are, and which of them `lost` excuses."""
    case = Case(expected, found, frozenset(map(type, lost)), began, back)
    ruling = Ruling()
    for difference in differences(expected, found):
        rules = RULES if case.lost else _NOTHING_LOST
        excuse = next((name for name, rule in rules.items() if rule(case, difference)), None)
        if excuse is None:
            ruling.unexplained.append(difference)
        else:
            ruling.used.add(excuse)
    return ruling


def _marked(case: Case, d: Difference) -> bool:
    """The ledger says itself that it guessed."""
    journey, field_name = d.path[0], d.path[3]
    marks = case.estimates(journey)
    ended = bool(case.found.get((journey, "journey", "", "estimated")))
    if field_name in ("estimates", "estimated"):
        return True
    if d.expected is None or d.found is None:
        return False
    if isinstance(d.found, datetime):
        return d.found.isoformat() in marks or (ended and d.found == case.found[(journey, "journey", "", "ended_at")])
    return field_name in _DERIVED and bool(marks or ended)


def _one_act(case: Case, d: Difference) -> bool:
    """Told by another event of the same act, some milliseconds apart."""
    if isinstance(d.expected, datetime) and isinstance(d.found, datetime):
        return abs(d.expected - d.found) <= ONE_ACT
    if d.path[3] in _DERIVED and isinstance(d.expected, float | int) and isinstance(d.found, float | int):
        return abs(d.expected - d.found) <= ONE_ACT.total_seconds()
    return False


def _hold(case: Case, d: Difference) -> bool:
    mine = d.path[1] == "hold" or (d.path[1] == "leg" and d.path[3] in ("hold_seconds", "talk_seconds"))
    return mine and case.heard_all_but(e.LineHeld, e.LineResumed)


def _only(part: str, *kinds: type[LineEvent]) -> Rule:
    return lambda case, d: d.path[1] == part and case.heard_all_but(*kinds)


def _field(part: str, fields: Sequence[str], *kinds: type[LineEvent]) -> Rule:
    return lambda case, d: d.path[1] == part and d.path[3] in fields and case.heard_all_but(*kinds)


def _follows(field_name: str, *kinds: type[LineEvent]) -> Rule:
    return lambda case, d: d.path[3] == field_name and case.heard_all_but(*kinds)


def _within_the_gap(case: Case, d: Difference) -> bool:
    """It began and ended while nobody listened, and the call went on: no list shows it afterwards."""
    if d.found is not None or not case.away:
        return False
    row = case.row(case.expected, d)
    times = [value for value in row.values() if isinstance(value, datetime)]
    return bool(times) and all(case.began <= at <= case.back for at in times)


def _who_hung_up(case: Case, d: Difference) -> bool:
    if d.path[1] == "journey" and d.path[3] == "hangup_by":
        return case.heard_all_but(e.HangupAsked, e.AgentCompleted, e.BridgeLeft, e.LineEnded)
    given_up = {"abandoned", "timeout", "ivr_hangup", "ivr_done", "failed"}
    told = d.path[3] in ("outcome", "cause") and {d.expected, d.found} <= given_up
    task = d.path[1] == "task" and bool({d.path[2].split(" ")[0]} <= given_up)
    return (told or task) and case.heard_all_but(e.HangupAsked)


def _wish(case: Case, d: Difference) -> bool:
    """Also whether a task follows from it."""
    outcome = d.path[1] == "journey" and d.path[3] == "outcome"
    task = d.path[1] == "task" or d.path[2] == "task.opened"
    return (outcome or task) and case.heard_all_but(e.CallbackAsked)


def _called_first(case: Case, d: Difference) -> bool:
    """CEL and the lists show our own number on its line."""
    ours = case.journey(case.expected, d).get("direction") == "outbound"
    number = d.path[1] == "journey" and d.path[3] in ("dialled", "number", "number_end") and d.found in (None, "")
    return ours and number and case.heard_all_but(e.DialBegan)


def _own_number(case: Case, d: Difference) -> bool:
    """An ended call is forgotten at a restart, and what is said of it afterwards with it."""
    row = case.journey(case.expected, d)
    late = row.get("direction") == "outbound" and row["ended_at"] <= case.back
    return late and d.path[1:] == ("journey", "", "caller") and d.found == ""


def _ring_end(case: Case, d: Difference) -> bool:
    ring = (d.path[1] == "attempt" and d.path[3] == "outcome") or (d.path[1] == "pop" and d.path[3] == "cause")
    return ring and case.heard_all_but(e.AgentRingEnded, e.DialEnded, e.LineEnded)


def _local_member(case: Case, d: Difference) -> bool:
    """Which of its lines names the ring: CEL and the lists show three, so one ring may be told as two."""
    local = any(
        path[:2] == (d.path[0], "pop") and path[3] == "channel" and str(value).startswith("Local/")
        for path, value in case.expected.items()
    )
    if not local or d.path[1] in ("pop", "attempt"):
        return local
    if d.path[3] == "estimates":
        return all(_near(case, datetime.fromisoformat(at)) for at in d.found or ())
    times = [*case.row(case.expected, d).values(), *case.row(case.found, d).values()]
    return d.path[1] == "leg" and any(_near(case, at) for at in times if isinstance(at, datetime))


def _near(case: Case, at: datetime) -> bool:
    """About when we died or were back: the list is taken while the PBX takes the pair out."""
    return case.began - ONE_ACT <= at <= case.back + ONE_ACT


RULES: dict[str, Rule] = {
    "a time marked as an estimate": _marked,
    "a time told by another event of the same act": _one_act,
    "a hold: no list shows it, CEL has none": _hold,
    "a key in the menus, told on the task": _follows("steps", e.IvrKeyPressed),
    "an attended transfer: CEL tells other lines of it": _only("transfer", e.AttendedTransferred),
    "who hung up: only the wish told it": _who_hung_up,
    "the name of the member that rings": _field("attempt", ("member_name",), e.AgentCalled),
    "the number dialled: by now the line is elsewhere in the dialplan": _field(
        "journey", ("dialled",), e.LineAppeared, e.DialBegan
    ),
    "the number of a household that was called first: only the begin of its dial told it": _called_first,
    "our own number on a call-back that had ended when it was told": _own_number,
    "the wish to be called back: only a UserEvent tells it": _wish,
    "how a ring ended: the line is gone from the lists": _ring_end,
    "a Local member: the list shows its pair of lines, not which of them rings or talks": _local_member,
    "began and ended while we were away": _within_the_gap,
}

#: CEL tells the same with a stamp of its own, some milliseconds apart, also of what was heard; a list is taken in the
#: midst of a pair of Local lines.
_ALWAYS = (_one_act, _local_member, _own_number)
_NOTHING_LOST = {name: rule for name, rule in RULES.items() if rule in _ALWAYS}
