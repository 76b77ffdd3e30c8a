"""What a pause gives back is open time, nothing else (domain.md §4.4, invariant 1). Times are Beijing time."""

from datetime import datetime

import pytest

from callcenter.foundation.calendars import BEIJING
from callcenter.work_orders.holds import limit_of, shifted


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("held", "released", "due"),
    [
        ("23 23:00", "24 07:00", "24 10:00"),  # a night outside working hours adds nothing
        ("23 21:00", "24 09:00", "24 12:00"),  # one hour of the evening, two of the morning are left
        ("24 08:30", "24 09:30", "24 11:00"),
        ("24 10:30", "24 12:00", "24 12:00"),  # late already: nothing is left
    ],
)
def test_the_firms_hours_are_what_is_left(held: str, released: str, due: str) -> None:
    assert shifted("T-CONTACT", "P2", at("24 10:00"), at(held), at(released)) == at(due)


def test_arrival_runs_by_the_wall_clock() -> None:
    assert shifted("T-ARRIVE.80", "P2", at("24 10:00"), at("23 23:00"), at("24 07:00")) == at("24 18:00")


def test_a_warning_belongs_to_its_limit() -> None:
    assert (limit_of("T-ARRIVE.80"), limit_of("T-ARRIVE")) == ("T-ARRIVE", "T-ARRIVE")
