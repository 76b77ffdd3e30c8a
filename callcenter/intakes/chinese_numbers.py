"""Small numbers as people say or type them: 三, 十二, 二十三, 两, 30, ３０. Pure."""

import re

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "俩": 2,
    "天": 7,
    "日": 7,
    "末": 6,
}
_ONE_TO_NINE = "[一二三四五六七八九]"
PATTERN = rf"(?:\d{{1,2}}|{_ONE_TO_NINE}?十{_ONE_TO_NINE}?|[零〇]?[零〇一二两三四五六七八九])"
"""0 to 99."""
_NUMBER = re.compile(PATTERN)


def value(text: str) -> int | None:
    """The number, or None if `text` is none of 0…99."""
    if not _NUMBER.fullmatch(text):
        return None
    if text.isdigit() and text.isascii():
        return int(text)
    text = text.lstrip("零〇") or "零"
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _DIGITS[ones]
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
