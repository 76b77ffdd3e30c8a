"""Order numbers `YYMMDDNNNNNC`: Beijing day, number of the day, Damm check digit. Pure.

Damm, "Totally anti-symmetric quasigroups for all orders n ≠ 2, 6" (2007): the table below has order 10; the check
digit finds every wrong digit and every swap of neighbours. The trade side uses the short code, the last six digits.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
MOST_PER_DAY = 99_999
_LENGTH = 12
_SHORT = 6

_QUASIGROUP = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def check_digit(digits: str) -> int:
    """The Damm digit to put behind `digits`; 0 for a number that already carries the right one."""
    interim = 0
    for digit in digits:
        interim = _QUASIGROUP[interim][int(digit)]
    return interim


def day_of(at: datetime) -> str:
    """`YYMMDD` of the Beijing day of an aware instant."""
    return at.astimezone(BEIJING).strftime("%y%m%d")


def order_number(day: str, sequence: int) -> str:
    """The number of the day's `sequence`-th order (1 … 99999). ValueError beyond."""
    if not 1 <= sequence <= MOST_PER_DAY:
        raise ValueError("no order number left for this day")
    digits = f"{day}{sequence:05d}"
    return f"{digits}{check_digit(digits)}"


def is_order_number(text: str) -> bool:
    """Twelve digits with the right check digit."""
    return re.fullmatch(rf"[0-9]{{{_LENGTH}}}", text) is not None and check_digit(text) == 0


def short_code(number: str) -> str:
    """Last five digits of the sequence and the check digit."""
    return number[-_SHORT:]
