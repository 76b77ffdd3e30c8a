"""Order numbers are read out over the telephone; slips must be found."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.work_orders.numbers import check_digit, day_of, is_order_number, order_number, short_code

NUMBERS = st.builds(order_number, st.dates().map(lambda day: day.strftime("%y%m%d")), st.integers(1, 99_999))


def test_the_check_digit_of_damms_own_example() -> None:
    assert check_digit("572") == 4


def test_a_number_holds_the_beijing_day() -> None:
    assert day_of(datetime(2026, 11, 23, 15, 59, tzinfo=UTC)) == "261123"
    assert day_of(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == "261124"
    assert order_number("261123", 7).startswith("26112300007")
    assert short_code(order_number("261123", 7)) == order_number("261123", 7)[6:]


@given(NUMBERS, st.integers(0, 11), st.integers(1, 9))
def test_every_wrong_digit_is_found(number: str, place: int, off: int) -> None:
    wrong = str((int(number[place]) + off) % 10)
    assert is_order_number(number)
    assert not is_order_number(number[:place] + wrong + number[place + 1 :])


@given(NUMBERS, st.integers(0, 10))
def test_every_swap_of_neighbours_is_found(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert is_order_number(swapped) == (swapped == number)


@pytest.mark.parametrize(
    "text", ["", "26112300007", "2611230000712", "２６１１２３０００００１", "abcdefghijkl", "26112300007\n"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert not is_order_number(text)


@pytest.mark.parametrize("sequence", [0, 100_000])
def test_a_day_has_so_many_numbers(sequence: int) -> None:
    with pytest.raises(ValueError, match="no order number"):
        order_number("261123", sequence)
