"""Who may be rung when nobody serves a queue: a seat's telephone, or a plain number of this city. Pure.

Narrower than what agents may dial (asterisk_conf/dialplan/outbound.conf): nothing that costs, nothing far away.
"""

import re
from collections.abc import Collection

FIXED_DIGITS = 7
"""Digits of a fixed number of the first city, without its area code."""
_COSTLY = r"(?!16[08]|179|1349|1740)"
_SIGNS = re.compile(r"[\s-]+")


def as_dialled(written: str) -> str:
    """`0991 282-5555` → `09912825555`; whatever else stands there stays, to be refused."""
    return _SIGNS.sub("", written)


def is_seat_number(number: str) -> bool:
    """True for a number too short to be one of the city: it can only be a seat's."""
    return len(number) < FIXED_DIGITS


def is_city_number(number: str, *, area_code: str, fixed_digits: int = FIXED_DIGITS) -> bool:
    """A mobile, or a fixed number of the city with or without its area code, in digits."""
    fixed = rf"(?:{area_code})?[2-8]\d{{{fixed_digits - 1}}}"
    return re.fullmatch(rf"{_COSTLY}1[3-9]\d{{9}}|{fixed}", number, re.ASCII) is not None


def may_be_rung(number: str, *, seats: Collection[str], area_code: str, fixed_digits: int = FIXED_DIGITS) -> bool:
    """`seats`: the short numbers of the agents' telephones."""
    return number in seats or is_city_number(number, area_code=area_code, fixed_digits=fixed_digits)
