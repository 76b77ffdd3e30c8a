"""The sentence a person reads: in the language the browser asks for, else Chinese."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.foundation import messages


@pytest.mark.parametrize(
    ("wish", "given"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("ug", "ug"),
        ("ug-CN;q=1", "ug"),
        ("en-GB,zh;q=0.5", "en"),
        ("EN", "en"),
        ("fr,de,en", "en"),
        ("fr", "zh-CN"),
        ("*", "zh-CN"),
        ("", "zh-CN"),
        (";;;,,,", "zh-CN"),
    ],
)
def test_the_first_language_that_we_have(wish: str, given: str) -> None:
    assert messages.pick_locale(wish) == given


@given(st.text(max_size=400))
def test_any_header_gives_a_language_we_have(wish: str) -> None:
    assert messages.pick_locale(wish) in messages.LOCALES


def test_all_languages_have_the_same_sentences_with_the_same_blanks() -> None:
    def blanks(locale: str) -> dict[str, set[str | None]]:
        parse = string.Formatter().parse
        return {
            key: {name for _, name, _, _ in parse(text) if name} for key, text in messages.catalogue(locale).items()
        }

    assert blanks("ug") == blanks("zh-CN") == blanks("en")


def test_uyghur_is_written_in_uyghur_letters() -> None:
    for key, text in messages.catalogue("ug").items():
        assert any("\u0600" <= letter <= "\u06ff" for letter in text), key


def test_a_blank_that_nobody_filled_stays_visible_and_an_unknown_key_shows_itself() -> None:
    assert (
        messages.text("en", "errors.too_many_attempts")
        == "Too many attempts; try again in {retry_after_seconds} seconds"
    )
    assert messages.text("en", "errors.no_such_key") == "errors.no_such_key"


def test_text_of_others_is_put_in_as_it_is() -> None:
    shown = messages.text("en", "errors.unknown_field", {"field": "{field.__class__} <b>"})
    assert shown == "Unknown field {field.__class__} <b>"
