"""Guessing passwords gets slower with each failure, and never fails by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.auth.throttling import FIRST_WAIT, WINDOW, wait_after

NOW = datetime(2026, 11, 23, 2, 24, tzinfo=UTC)


def failed(times: int) -> list[datetime]:
    return [NOW] * times


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (11, 900)]
)
def test_each_failure_beyond_the_limit_doubles_the_wait_up_to_a_quarter_of_an_hour(
    failures: int, seconds: int
) -> None:
    assert wait_after(failed(failures), 5, NOW) == timedelta(seconds=seconds)


def test_waiting_helps() -> None:
    assert wait_after(failed(5), 5, NOW + timedelta(seconds=29)) == timedelta(seconds=1)
    assert wait_after(failed(5), 5, NOW + FIRST_WAIT) == timedelta()


def test_a_thousand_guesses_at_once_do_not_break_the_sum() -> None:
    assert wait_after(failed(1000), 5, NOW) == WINDOW


@given(st.lists(st.timedeltas(timedelta(), WINDOW), max_size=100), st.integers(1, 50))
def test_nobody_waits_longer_than_the_window(ago: list[timedelta], most: int) -> None:
    assert timedelta() <= wait_after([NOW - a for a in ago], most, NOW) <= WINDOW
