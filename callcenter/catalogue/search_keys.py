"""Under which keys an item is found: its names, its aliases, their pinyin and pinyin initials.

Made when an item is written, so that only the writer (seed, catalogue editing) loads pypinyin's dictionaries.
"""

import unicodedata
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

MOST_TEXT = 600


def fold(text: str) -> str:
    """NFKC, lower case, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def search_text(names: Iterable[str]) -> str:
    """All keys in one line, each name followed by its pinyin and its initials; at most `MOST_TEXT` characters."""
    keys: list[str] = []
    for name in names:
        folded = fold(name)
        for key in (folded, "".join(lazy_pinyin(folded)), "".join(lazy_pinyin(folded, style=Style.FIRST_LETTER))):
            if key and key not in keys:
                keys.append(key)
    return f" {' '.join(keys)} "[:MOST_TEXT]
