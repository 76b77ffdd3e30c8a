"""Numbers: one normaliser, one value type that shows itself masked.

Callers reach us as `13899886021`, `0991-2825555`, `2825555` (local, no area code), `0086 138…`, with full-width
digits, or withheld. Stored form: E.164 with `+`, or a short number (96365, 12345) as its bare digits.
"""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

from callcenter.foundation.errors import Invalid

WITHHELD = frozenset({"", "anonymous", "unknown", "<unknown>", "restricted", "unavailable", "private"})
_NOT_DIALLED = re.compile(r"[\s\-().\u2010-\u2015·]")
_DIGIT = re.compile(r"\d")
_MOST_RAW = 64
_MASKED = re.compile(r"\+?.{0,3}\*{4}(?:.{2}|\d{4})|0\d{2,3}-\d{2}\*{3,}\d{2}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number in stored form. `str()` and `repr()` are masked; ask for `full` on purpose."""

    full: str

    @property
    def masked(self) -> str:
        return mask(self.full)

    @property
    def is_mobile(self) -> bool:
        return re.fullmatch(r"\+861[3-9]\d{9}", self.full) is not None

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"PhoneNumber({self.masked})"


def mask(full: str) -> str:
    """`+8613899886021` → `138****6021`, `+869912825555` → `0991-28***55`; short numbers stay as they are.

    Of more than six digits at most half, and one more, are shown. A mask is its own mask.
    """
    if _MASKED.fullmatch(full):
        return full
    if mobile := re.fullmatch(r"\+86(1\d{2})\d{4}(\d{4})", full):
        return f"{mobile[1]}****{mobile[2]}"
    if fixed := re.fullmatch(r"\+86(10|2\d|[3-9]\d{2})(\d{2})(\d{3,})(\d{2})", full):
        return f"0{fixed[1]}-{fixed[2]}{'*' * len(fixed[3])}{fixed[4]}"
    if len(full) <= 6:
        return full
    plus, digits = ("+", full[1:]) if full.startswith("+") else ("", full)
    front = min(3, max(0, len(digits) // 2 - 2))
    return f"{plus}{digits[:front]}****{digits[-2:]}"


def mask_written(raw: str, *, area_code: str) -> str:
    """The mask of what a carrier or a person wrote, as far as it is a number; else no digit but the last two."""
    number = normalise(raw, area_code=area_code)
    if number is not None:
        return number.masked
    hidden = max(0, len(_DIGIT.findall(raw)) - 2)
    return _DIGIT.sub("*", raw, count=hidden) if hidden else raw


def normalise(raw: str, *, area_code: str = "0991") -> PhoneNumber | None:
    """What a caller ID or a typed number stands for; None if withheld or not a number.

    `area_code` (with its 0) completes 7- and 8-digit local numbers.
    """
    text = unicodedata.normalize("NFKC", raw[:_MOST_RAW]).strip()
    if text.lower() in WITHHELD:
        return None
    text = _NOT_DIALLED.sub("", text)
    if not re.fullmatch(r"\+?\d{3,20}", text, re.ASCII):
        return None
    if not text.startswith("+"):
        text = _complete(text, area_code)
    if not text.startswith("+"):
        return PhoneNumber(text)
    return _valid(text)


def _complete(digits: str, area_code: str) -> str:
    if digits.startswith("00"):
        return "+" + digits[2:]
    if re.fullmatch(r"861[3-9]\d{9}", digits):
        return "+" + digits
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return "+86" + digits
    if digits.startswith("0"):
        return "+86" + digits[1:]
    if re.fullmatch(r"[2-8]\d{6,7}", digits):
        return "+86" + area_code.lstrip("0") + digits
    return digits


def _valid(text: str) -> PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def required(raw: str, *, area_code: str = "0991") -> PhoneNumber:
    """As `normalise`, for typed input: `Invalid` where there is no number."""
    number = normalise(raw, area_code=area_code)
    if number is None:
        raise Invalid("not_a_phone_number")
    return number
