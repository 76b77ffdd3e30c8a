"""When a visit is wanted, out of what a caller says: 明天下午三点, 周六上午九点到十一点, 两小时后. Pure.

People in Urumqi use two clocks; 新疆时间 is Beijing time less two hours, and an agent must say which one was meant.
Names of days count in the clock in use. What lies in the past is never offered; what may mean two things is shown
as candidates. Any input costs a bounded time: at most `MOST_TEXT` characters are read.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callcenter.foundation.plain_text import without_space
from callcenter.intakes import wanted_days, wanted_hours
from callcenter.intakes.chinese_numbers import PATTERN as NUMBER
from callcenter.intakes.chinese_numbers import value
from callcenter.intakes.wanted_hours import Span

MOST_TEXT = 80
MOST_CANDIDATES = 6


class ClockName(StrEnum):
    BEIJING = "beijing"
    XINJIANG = "xinjiang"


class Status(StrEnum):
    UNDERSTOOD = "understood"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    PAST = "past"


_ZONES = {ClockName.BEIJING: ZoneInfo("Asia/Shanghai"), ClockName.XINJIANG: ZoneInfo("Asia/Urumqi")}
_EARLIEST, _LATEST = time(8), time(21)
"""Beijing time in which a visit may begin when the caller left open whether morning or evening was meant."""
_SOON = timedelta(hours=2)
_SLOT = timedelta(minutes=wanted_hours.SLOT)

_DAY = re.compile(wanted_days.PATTERN)
_HOURS = re.compile(wanted_hours.PATTERN)
_CLOCK = re.compile("(新疆|乌鲁木齐|本地|北京)时间")
_NOW = re.compile("现在|马上|立刻|立即|尽快|越快越好")
_AFTER = re.compile(
    r"(?P<half>半)个?(?:小时|钟头)[以之]?后"
    rf"|(?P<hours>{NUMBER})个?(?P<and_half>半)?(?:小时|钟头)(?P<half_more>半)?[以之]?后"
    rf"|(?P<minutes>{NUMBER})分钟?[以之]?后"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """Half-open [start, end), aware UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """`slot` only where understood. Candidates: the choices if ambiguous; the next such time if it was past."""

    status: Status
    clock: ClockName
    slot: Slot | None = None
    candidates: tuple[Slot, ...] = ()


def parse(text: str, *, now: datetime, clock: ClockName = ClockName.BEIJING) -> Wanted:
    """What `text` says about the wanted time at `now` (aware). A clock named in the text wins over `clock`."""
    said = _clean(text)
    if named := _CLOCK.search(said):
        clock = ClockName.BEIJING if named[1] == "北京" else ClockName.XINJIANG
        said = said.replace(named[0], " ")
    now = now.astimezone(UTC).replace(microsecond=0)
    if relative := _relative(said, now):
        return Wanted(Status.UNDERSTOOD, clock, relative)
    today = now.astimezone(_ZONES[clock]).date()
    day_matches = list(_DAY.finditer(said))
    rest = _DAY.sub(" ", said)
    days = [day for match in day_matches for day in wanted_days.days(match, today)]
    hours = [span for match in _HOURS.finditer(rest) for span in wanted_hours.spans(match)]
    if not hours or (day_matches and not days):
        return Wanted(Status.UNKNOWN, clock)
    return _decide(days, hours, today, now, clock)


def _clean(text: str) -> str:
    return without_space(text, MOST_TEXT).replace("號", "号").replace("點", "点")


def _relative(said: str, now: datetime) -> Slot | None:
    if after := _AFTER.search(said):
        start = now + _delay(after)
        return Slot(start, start + _SLOT)
    return Slot(now, now + _SOON) if _NOW.search(said) else None


def _delay(after: re.Match[str]) -> timedelta:
    if after["half"]:
        return timedelta(minutes=30)
    if after["minutes"]:
        return timedelta(minutes=value(after["minutes"]) or 0)
    half = 30 if after["and_half"] or after["half_more"] else 0
    return timedelta(hours=value(after["hours"]) or 0, minutes=half)


def _decide(days: list[date], hours: list[Span], today: date, now: datetime, clock: ClockName) -> Wanted:
    pairs = [(day, span) for day in dict.fromkeys(days or [today]) for span in dict.fromkeys(hours)]
    likely = [pair for pair in pairs if pair[1].sure or _plausible(_slot(*pair, clock))] or pairs
    ahead = [slot for pair in likely if (slot := _slot(*pair, clock)).start >= now]
    if not ahead:
        tomorrow = today + timedelta(days=1)
        later = () if days else tuple(_slot(tomorrow, span, clock) for _, span in likely)
        return Wanted(Status.PAST, clock, candidates=later[:MOST_CANDIDATES])
    if len(ahead) == 1:
        return Wanted(Status.UNDERSTOOD, clock, ahead[0])
    return Wanted(Status.AMBIGUOUS, clock, candidates=tuple(ahead[:MOST_CANDIDATES]))


def _slot(day: date, span: Span, clock: ClockName) -> Slot:
    midnight = datetime.combine(day, time(0), _ZONES[clock]).astimezone(UTC)
    return Slot(midnight + timedelta(minutes=span.start), midnight + timedelta(minutes=span.end))


def _plausible(slot: Slot) -> bool:
    return _EARLIEST <= slot.start.astimezone(_ZONES[ClockName.BEIJING]).time() < _LATEST
