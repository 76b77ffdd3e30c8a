"""Working time: windows per weekday, with single days that differ. Pure; times of day are Beijing time.

Several windows a day are allowed (lunch excluded); a make-up Saturday or a local holiday is a day of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
XINJIANG = ZoneInfo("Asia/Urumqi")
_HORIZON_DAYS = 400


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open [opens, closes); a `closes` not after `opens` lies on the next day (00:00 = midnight)."""

    opens: time
    closes: time


@dataclass(frozen=True)
class Calendar:
    """`week` maps Monday=0…Sunday=6 to windows; `days` holds the dates that differ (empty tuple = closed)."""

    week: dict[int, tuple[Window, ...]]
    days: dict[date, tuple[Window, ...]] = field(default_factory=dict)

    def windows_on(self, day: date) -> tuple[Window, ...]:
        return self.days.get(day, self.week.get(day.weekday(), ()))

    def open_intervals(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open intervals from `start` on, in order, for a little more than a year."""
        day = start.astimezone(BEIJING).date() - timedelta(days=1)  # its night may still be open
        for _ in range(_HORIZON_DAYS):
            for window in sorted(self.windows_on(day), key=lambda w: w.opens):
                opens = datetime.combine(day, window.opens, BEIJING)
                last_day = day + timedelta(days=1) if window.closes <= window.opens else day
                closes = datetime.combine(last_day, window.closes, BEIJING)
                if closes > start:
                    yield max(opens, start), closes
            day += timedelta(days=1)

    def add(self, start: datetime, working: timedelta) -> datetime:
        """The instant at which `working` time has passed since `start`. ValueError if the calendar never opens."""
        left = working
        for opens, closes in self.open_intervals(start):
            if closes - opens >= left:
                return (opens + left).astimezone(start.tzinfo)
            left -= closes - opens
        raise ValueError("the calendar has no open time within a year")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time in [start, end)."""
        total = timedelta()
        for opens, closes in self.open_intervals(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total


_ALL_DAY = (Window(time(0), time(0)),)
ALWAYS = Calendar({day: _ALL_DAY for day in range(7)})
SERVICE_HOURS = Calendar({day: (Window(time(8), time(22)),) for day in range(7)})
"""Default of the platform's own staff until the operator edits its calendar."""
