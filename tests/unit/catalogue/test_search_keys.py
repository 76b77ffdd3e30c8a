"""Agents type characters, pinyin or initials."""

import pytest

from callcenter.catalogue.search_keys import MOST_TEXT, search_text


@pytest.mark.parametrize("typed", ["漏水", "nuanqi", "nqls", "暖气", "放气"])
def test_an_item_is_found_by_characters_pinyin_and_initials(typed: str) -> None:
    assert typed in search_text(["暖气漏水维修", "放气"])


def test_wide_letters_and_capitals_are_folded() -> None:
    assert "ac清洗" in search_text(["ＡＣ 清洗"])


def test_keys_are_bounded() -> None:
    assert len(search_text([f"名{n}" * 50 for n in range(50)])) <= MOST_TEXT
