"""By when a state must be left: the SLA table of domain.md §4.4 as data. Pure.

Each priority has working time in a calendar, or a time fixed by the appointment. P0 runs around the clock where the
table says so. All instants are aware UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from callcenter.foundation.calendars import ALWAYS, BEIJING, SERVICE_HOURS, Calendar, Window
from callcenter.work_orders.states import State

WARNINGS = (50, 80)
"""Percent of a time limit at which people are warned."""
_M, _H, _D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FOLLOW_UP_HOURS = Calendar({day: (Window(time(10), time(20)),) for day in range(7)})
WORKING_DAYS = Calendar({day: (Window(time(9), time(18)),) for day in range(5)})
WORKING_DAY = 9 * _H
"""Open time of one day of WORKING_DAYS."""


@dataclass(frozen=True)
class Calendars:
    """Whose hours count. Defaults until the operator edits its own."""

    service: Calendar = SERVICE_HOURS
    firm: Calendar = SERVICE_HOURS
    follow_up: Calendar = FOLLOW_UP_HOURS
    working_days: Calendar = WORKING_DAYS


@dataclass(frozen=True, slots=True)
class Entry:
    """What the limit depends on: when the state was entered, for which order."""

    priority: str
    entered_at: datetime
    wanted_from: datetime | None = None
    wanted_to: datetime | None = None
    outer_zone: bool = False


@dataclass(frozen=True)
class Deadline:
    """`warn_at` maps percent to the instant of the warning. The first of a state's deadlines is what lists show."""

    code: str
    due_at: datetime
    calendar: Calendar
    warn_at: dict[int, datetime] = field(default_factory=dict)


_BY_PRIORITY: dict[str, tuple[timedelta, timedelta, timedelta, timedelta]] = {
    "T-CONFIRM": (5 * _M, 15 * _M, 2 * _H, 4 * _H),
    "T-DISPATCH": (2 * _M, 10 * _M, 30 * _M, 2 * _H),
    "T-ACCEPT": (3 * _M, 10 * _M, 30 * _M, 2 * _H),
    "T-CONTACT": (10 * _M, 30 * _M, 2 * _H, WORKING_DAY),
    "T-REWORK-ACCEPT": (30 * _M, 2 * _H, 2 * _H, _D),
    "T-REWORK-DONE": (24 * _H, 48 * _H, 72 * _H, _D),
    "T-COMPLAINT-CONTACT": (2 * _H, 24 * _H, 24 * _H, 24 * _H),
    "T-COMPLAINT-DECISION": (3 * WORKING_DAY, 7 * WORKING_DAY, 7 * WORKING_DAY, 7 * WORKING_DAY),
}
_PRIORITIES = ("P0", "P1", "P2", "P3")
_STATES: dict[State, tuple[str, ...]] = {
    State.DRAFT: ("W-DRAFT",),
    State.PENDING_CONFIRM: ("T-CONFIRM",),
    State.PENDING_DISPATCH: ("T-DISPATCH",),
    State.OFFERED: ("T-ACCEPT",),
    State.ACCEPTED: ("T-CONTACT",),
    State.SCHEDULED: ("T-ARRIVE",),
    State.IN_SERVICE: ("T-SUBMIT",),
    State.SUBMITTED: ("T-FOLLOWUP",),
    State.REWORK: ("T-REWORK-ACCEPT", "T-REWORK-DONE"),
    State.DISPUTED: ("T-COMPLAINT-CONTACT", "T-COMPLAINT-DECISION"),
}
CODES = tuple(code for codes in _STATES.values() for code in codes)
PAUSED_BY_HOLD = frozenset({"T-CONTACT", "T-ARRIVE", "T-SUBMIT"})
_DRAFT_LIMIT = 15 * _M


def deadlines(state: State, entry: Entry, calendars: Calendars | None = None) -> list[Deadline]:
    """The limits that begin with this entry to `state`; none for terminal states."""
    in_use = calendars or Calendars()
    return [_deadline(code, entry, in_use) for code in _STATES.get(state, ())]


def calendar_of(code: str, priority: str, calendars: Calendars | None = None) -> Calendar:
    """The calendar in which the limit `code` runs."""
    in_use = calendars or Calendars()
    around_the_clock = priority == "P0"
    if code in ("T-CONFIRM", "T-DISPATCH"):
        return ALWAYS if around_the_clock else in_use.service
    if code == "T-ACCEPT":
        return ALWAYS if around_the_clock else in_use.firm
    if code == "T-CONTACT":
        return in_use.firm
    if code == "T-FOLLOWUP":
        return in_use.follow_up
    return in_use.working_days if code == "T-COMPLAINT-DECISION" else ALWAYS


def _deadline(code: str, entry: Entry, calendars: Calendars) -> Deadline:
    calendar = calendar_of(code, entry.priority, calendars)
    due_at = _due_at(code, entry, calendar)
    return Deadline(code, due_at, calendar, warnings(entry.entered_at, due_at, calendar))


def warnings(start: datetime, due_at: datetime, calendar: Calendar) -> dict[int, datetime]:
    """The instants at 50 and 80 percent of the working time from `start` to `due_at`; none if that is over."""
    whole = calendar.between(start, due_at) if due_at > start else timedelta()
    return {percent: calendar.add(start, whole * percent / 100) for percent in WARNINGS} if whole else {}


def _due_at(code: str, entry: Entry, calendar: Calendar) -> datetime:
    if code == "W-DRAFT":
        return entry.entered_at + _DRAFT_LIMIT
    if code == "T-ARRIVE":
        return _arrive_by(entry)
    if code == "T-SUBMIT":
        end = max(entry.wanted_to or entry.entered_at, entry.entered_at)
        return end + (_D if entry.priority == "P3" else 2 * _H)
    if code == "T-FOLLOWUP":
        return _follow_up_by(entry, calendar)
    return calendar.add(entry.entered_at, _BY_PRIORITY[code][_PRIORITIES.index(entry.priority)])


def _arrive_by(entry: Entry) -> datetime:
    """P0: a fixed time from now; else a little after the appointment begins."""
    if entry.priority == "P0" or entry.wanted_from is None:
        return entry.entered_at + (120 * _M if entry.outer_zone else 60 * _M)
    return entry.wanted_from + {"P1": 15 * _M, "P2": 30 * _M}.get(entry.priority, timedelta())


def _follow_up_by(entry: Entry, calendar: Calendar) -> datetime:
    """P0: two open hours; else the close of the next (P3: third) follow-up day after today, in Beijing days."""
    if entry.priority == "P0":
        return calendar.add(entry.entered_at, 2 * _H)
    days = 3 if entry.priority == "P3" else 1
    day = entry.entered_at.astimezone(BEIJING).date() + timedelta(days=days)
    midnight = datetime.combine(day, time(0), BEIJING)
    _, closes = next(calendar.open_intervals(midnight))
    return closes.astimezone(entry.entered_at.tzinfo)
