"""One normaliser for whatever a carrier, a caller or a clerk writes; numbers show themselves masked."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.foundation.errors import Invalid
from callcenter.foundation.phone_numbers import PhoneNumber, mask, mask_written, normalise, required

MOBILE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    "written",
    [
        "13899886021",
        "138 9988 6021",
        "138-9988-6021",
        "+8613899886021",
        "8613899886021",
        "008613899886021",
        "00 86 138 9988 6021",
        "013899886021",
        "１３８９９８８６０２１",
        "＋86 138 9988 6021",
        "  13899886021\t",
    ],
)
def test_one_mobile_is_one_number_however_it_is_written(written: str) -> None:
    number = normalise(written)
    assert number is not None
    assert (number.full, number.masked, number.is_mobile) == ("+8613899886021", "138****6021", True)


@pytest.mark.parametrize("written", ["2825555", "0991-2825555", "(0991) 2825555", "09912825555", "+86 991 2825555"])
def test_a_local_number_gets_the_city_s_area_code(written: str) -> None:
    number = normalise(written, area_code="0991")
    assert number is not None
    assert (number.full, number.masked) == ("+869912825555", "0991-28***55")
    assert not number.is_mobile


def test_another_city_s_area_code_completes_local_numbers_there() -> None:
    number = normalise("62825555", area_code="010")
    assert number is not None
    assert (number.full, number.masked) == ("+861062825555", "010-62****55")


@pytest.mark.parametrize("short", ["110", "12345", "96365", "10086"])
def test_short_numbers_stay_short(short: str) -> None:
    number = normalise(short)
    assert number is not None
    assert (number.full, number.masked) == (short, short)


@pytest.mark.parametrize(
    "shown", ["", "anonymous", "Anonymous", "unknown", "<unknown>", "Restricted", "private", "  "]
)
def test_a_withheld_number_is_no_number(shown: str) -> None:
    assert normalise(shown) is None


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE users;--",
        "138\r\nAction: Originate",
        "12",
        "+",
        "+1",
        "电话",
        "1" * 40,
        "\x00",
        "٣٨٩٩",
        "+8613",
        "sip:1@x",
    ],
)
def test_hostile_text_is_no_number_and_harms_nobody(text: str) -> None:
    assert normalise(text) is None
    with pytest.raises(Invalid) as refused:
        required(text)
    assert refused.value.code == "not_a_phone_number"


@given(st.text(max_size=200))
@example("\ud800")
@example("0" * 64)
def test_whatever_is_written_nothing_breaks_and_what_comes_out_is_storable(text: str) -> None:
    number = normalise(text)
    if number is not None:
        assert re.fullmatch(r"\+?\d{3,20}", number.full, re.ASCII)
        assert normalise(number.full) == number, "the stored form is its own normal form"


@given(st.text(alphabet="0123456789+-() ０１２３", max_size=30))
def test_digits_in_any_order_never_break_it(text: str) -> None:
    number = normalise(text)
    if number is not None:
        assert normalise(number.full) == number


@given(MOBILE)
def test_the_middle_of_a_number_is_never_shown(mobile: str) -> None:
    number = normalise(mobile)
    assert number is not None
    for shown in (number.masked, str(number), repr(number), f"{number}"):
        assert mobile[3:7] not in shown.replace(mobile[:3], "").replace(mobile[7:], "")
        assert mobile not in shown
        assert "****" in shown


@given(st.from_regex(r"\+[0-9]{7,15}", fullmatch=True))
def test_a_foreign_number_is_masked_as_well(full: str) -> None:
    assert full not in mask(full)
    assert "*" in mask(full)


def shown_digits(masked: str, full: str) -> int:
    """How many digits of the number its mask shows; the 0 before an area code is none of them."""
    count = sum(c.isdigit() for c in masked)
    return count - 1 if masked.startswith("0") and not full.startswith("0") else count


@given(
    st.one_of(
        st.from_regex(r"\+?[0-9]{7,20}", fullmatch=True),
        st.from_regex(r"\+86(10|2[0-9]|[3-9][0-9]{2})[0-9]{4,9}", fullmatch=True),
    )
)
@example("2825555")
@example("+869912825555")
@example("+1234567")
def test_a_mask_shows_about_half_of_the_digits_at_most(full: str) -> None:
    digits = sum(c.isdigit() for c in full)
    assert shown_digits(mask(full), full) <= digits / 2 + 1


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("2825555", "0991-28***55"),
        ("13899886021", "138****6021"),
        ("0991 282 5555", "0991-28***55"),
        ("1001", "1001"),
        ("96365", "96365"),
        ("anonymous", "anonymous"),
        ("", ""),
        ("sip:13899886021@x", "sip:*********21@x"),
        ("1" * 40, "*" * 38 + "11"),
    ],
)
def test_what_was_written_is_masked_as_the_number_it_is_or_all_of_it(written: str, masked: str) -> None:
    assert mask_written(written, area_code="0991") == masked


def test_a_number_in_an_error_message_is_masked() -> None:
    assert "9988" not in f"{PhoneNumber('+8613899886021')!r} {PhoneNumber('+8613899886021')}"
