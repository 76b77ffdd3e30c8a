"""How many segments a text is billed as. Pure.

GSM 03.38 text: 160 septets, or 153 each when split; any other character makes the whole text UCS-2: 70 UTF-16 units,
or 67 each when split. Neither an escape sequence nor a surrogate pair is ever split over two segments.
"""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """Segments needed for `text`; 1 for an empty one."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        return _count([2 if c in _EXTENDED else 1 for c in text], whole=160, part=153)
    return _count([2 if ord(c) > 0xFFFF else 1 for c in text], whole=70, part=67)


def _count(widths: list[int], *, whole: int, part: int) -> int:
    if sum(widths) <= whole:
        return 1
    used, room = 1, part
    for width in widths:
        if width > room:
            used, room = used + 1, part
        room -= width
    return used
