"""Working time: lunch does not count, nor do nights and holidays; a make-up Saturday does."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.foundation.calendars import ALWAYS, BEIJING, SERVICE_HOURS, Calendar, Window

OFFICE = (Window(time(9), time(12)), Window(time(13), time(18)))
WEEKDAYS = Calendar({day: OFFICE for day in range(5)})
NIGHTS = Calendar({day: (Window(time(20), time(2)),) for day in range(7)})


def beijing(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BEIJING)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_lunch_does_not_count() -> None:
    assert WEEKDAYS.add(beijing(23, 11, 30), hours(1)) == beijing(23, 13, 30)
    assert WEEKDAYS.between(beijing(23, 11, 30), beijing(23, 13, 30)) == hours(1)


def test_what_comes_at_lunch_begins_after_it() -> None:
    assert WEEKDAYS.add(beijing(23, 12, 15), hours(0.5)) == beijing(23, 13, 30)


def test_a_limit_that_ends_with_the_day_ends_with_the_day() -> None:
    assert WEEKDAYS.add(beijing(23, 17), hours(1)) == beijing(23, 18)


def test_friday_evening_s_call_is_due_on_monday_morning() -> None:
    assert WEEKDAYS.add(beijing(27, 19), hours(1)) == beijing(30, 10)


def test_a_holiday_is_closed_and_a_make_up_saturday_is_open() -> None:
    calendar = Calendar(WEEKDAYS.week, {date(2026, 11, 27): (), date(2026, 11, 28): OFFICE})
    assert calendar.add(beijing(26, 17), hours(2)) == beijing(28, 10)
    assert calendar.between(beijing(27, 0), beijing(28, 0)) == timedelta()


def test_service_hours_end_at_ten_in_the_evening() -> None:
    assert SERVICE_HOURS.add(beijing(23, 21, 50), timedelta(minutes=30)) == beijing(24, 8, 20)


def test_a_day_that_closes_at_midnight_has_no_gap_to_the_next() -> None:
    assert ALWAYS.add(beijing(23, 23), hours(2)) == beijing(24, 1)
    assert ALWAYS.between(beijing(23, 0), beijing(25, 0)) == hours(48)


def test_a_night_shift_that_began_yesterday_still_runs() -> None:
    assert NIGHTS.between(beijing(24, 1), beijing(24, 3)) == hours(1)
    assert NIGHTS.add(beijing(24, 1), hours(0.5)) == beijing(24, 1, 30)


def test_the_answer_is_in_the_clock_of_the_question() -> None:
    due = WEEKDAYS.add(datetime(2026, 11, 23, 2, tzinfo=UTC), hours(1))
    assert (due, due.tzinfo) == (datetime(2026, 11, 23, 3, tzinfo=UTC), UTC)


def test_a_calendar_that_never_opens_says_so_instead_of_searching_for_ever() -> None:
    with pytest.raises(ValueError, match="no open time"):
        Calendar({}).add(beijing(23, 9), hours(1))


def test_nothing_passes_between_an_end_and_its_beginning() -> None:
    assert WEEKDAYS.between(beijing(24, 9), beijing(23, 9)) == timedelta()


YEAR = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(), timedelta(days=365)).map(lambda passed: YEAR + passed)
spans = st.timedeltas(timedelta(microseconds=1), timedelta(days=20))
calendars = st.sampled_from([WEEKDAYS, SERVICE_HOURS, ALWAYS, NIGHTS])


@given(calendars, instants, spans)
def test_what_is_added_is_what_passes(calendar: Calendar, start: datetime, working: timedelta) -> None:
    assert calendar.between(start, calendar.add(start, working)) == working


@given(calendars, instants, spans, spans)
def test_waiting_twice_is_waiting_once_for_both(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    assert calendar.add(calendar.add(start, first), second) == calendar.add(start, first + second)
