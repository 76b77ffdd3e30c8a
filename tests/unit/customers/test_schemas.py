"""Numbers and instants as browsers see them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from callcenter.customers.schemas import Instant, NumberOut, Text


def test_a_number_is_masked_unless_it_is_revealed_on_purpose() -> None:
    assert NumberOut.of("+8613899886021").model_dump() == {
        "masked": "138****6021",
        "full": None,
        "withheld": False,
    }
    assert NumberOut.of("+8613899886021", reveal=True).full == "+8613899886021"


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_withheld_number_has_nothing_to_show(nothing: str | None) -> None:
    shown = NumberOut.of(nothing, reveal=True)
    assert (shown.masked, shown.full, shown.withheld) == (None, None, True)


def test_instants_are_utc_and_of_this_century() -> None:
    instant = TypeAdapter(Instant)
    beijing = datetime(2026, 11, 24, 15, tzinfo=timezone(timedelta(hours=8)))
    assert instant.validate_python(beijing) == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert instant.validate_python(beijing).tzinfo is UTC
    for wrong in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "2026-11-24T15:00:00"):
        with pytest.raises(ValidationError):
            instant.validate_python(wrong)


def test_text_loses_control_characters_only() -> None:
    text = TypeAdapter(Text)
    assert text.validate_python("a\x00b\r\x1bc\nd") == "abc\nd"
    assert text.validate_python("قۇربان 👵🏻 \u202e") == "قۇربان 👵🏻 \u202e"
