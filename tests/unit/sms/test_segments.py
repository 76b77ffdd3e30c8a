"""Segments are money; the figures of Twilio's own calculator are the judge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.sms.segments import segments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 158 + "€", 1),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("水" * 70, 1),
        ("水" * 71, 2),
        ("水" * 134, 2),
        ("水" * 135, 3),
        ("水" * 66 + "😀" + "水" * 66, 3),
        ("水" * 68 + "😀", 1),
        ("a" * 70 + "水", 2),
    ],
)
def test_known_texts(text: str, expected: int) -> None:
    assert segments(text) == expected


@given(st.text(max_size=400))
def test_enough_segments_for_the_text(text: str) -> None:
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert segments(text) >= -(-units // 160)
    assert segments(text) <= max(1, -(-units // 66))
