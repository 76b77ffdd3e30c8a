"""Times of day as callers say them: 下午三点半, 14:30, 三点一刻, 上午九点到十一点. Pure.

A time is minutes since midnight of the clock in use; 24:00 and more is the next day.
"""

import re
from dataclasses import dataclass

from callcenter.intakes.chinese_numbers import PATTERN as NUMBER
from callcenter.intakes.chinese_numbers import value

HOUR = 60
DAY = 24 * HOUR
SLOT = HOUR
"""Length of a visit slot when only its beginning was said."""

PARTS: dict[str, tuple[int, int]] = {
    "凌晨": (0, 6 * HOUR),
    "清晨": (6 * HOUR, 8 * HOUR),
    "早上": (8 * HOUR, 10 * HOUR),
    "早晨": (8 * HOUR, 10 * HOUR),
    "早": (8 * HOUR, 10 * HOUR),
    "上午": (9 * HOUR, 12 * HOUR),
    "中午": (12 * HOUR, 14 * HOUR),
    "下午": (14 * HOUR, 18 * HOUR),
    "傍晚": (18 * HOUR, 20 * HOUR),
    "晚上": (19 * HOUR, 21 * HOUR),
    "夜里": (21 * HOUR, 24 * HOUR),
    "晚": (19 * HOUR, 21 * HOUR),
}
_PART = "(?:" + "|".join(sorted(PARTS, key=len, reverse=True)) + ")"
_MORNING = frozenset({"凌晨", "清晨", "早上", "早晨", "早", "上午"})
_HALVES = {"半": 30, "一刻": 15, "三刻": 45, "整": 0, "钟": 0, "": 0}


_TO = "(?:到|至|-|~|—|–)"
_BARE = rf"(?={_TO}{_PART}?{NUMBER}[点时])"
"""An hour without 点, as the first of two: 下午3-5点."""


def _time(prefix: str) -> str:
    return (
        rf"(?P<{prefix}part>{_PART})?(?:(?P<{prefix}clock>\d{{1,2}}:\d{{2}})"
        rf"|(?P<{prefix}hour>{NUMBER})(?:[点时](?P<{prefix}rest>半|一刻|三刻|整|钟|{NUMBER}分?)?|{_BARE}))"
    )


PATTERN = (
    rf"(?:{_time('a_')}(?:{_TO}(?:{_time('b_')}))?(?P<edge>之前|以前|前(?!后)|之后|以后|后)?)"
    rf"|(?P<only>{_PART})"
)


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in minutes since midnight. `sure` is false where it may as well be twelve hours later."""

    start: int
    end: int
    sure: bool = True


def spans(match: re.Match[str]) -> list[Span]:
    """What a match of `PATTERN` may mean; none if it is no time of day, or only an end ("before three")."""
    if match["only"]:
        start, end = PARTS[match["only"]]
        return [Span(start, end)]
    if (match["edge"] or "").endswith("前"):
        return []
    starts = _minutes(match, "a_")
    if match["b_clock"] or match["b_hour"]:
        return [span for start in starts for span in _ranges(match, start, sure=len(starts) == 1)]
    length = 3 * HOUR if match["edge"] else SLOT
    return [Span(start, start + length, sure=len(starts) == 1) for start in starts]


def _ranges(match: re.Match[str], start: int, *, sure: bool) -> list[Span]:
    """From `start` to the first of the possible ends that lies behind it, at most half a day later."""
    ends = _minutes(match, "b_", inherited=match["a_part"])
    later = [end for end in (*ends, *(e + 12 * HOUR for e in ends)) if start < end <= start + 12 * HOUR]
    return [Span(start, min(later), sure)] if later else []


def _minutes(match: re.Match[str], prefix: str, inherited: str | None = None) -> list[int]:
    """The instants of one time: one if it is certain, two for an hour that may be morning or evening."""
    if clock := match[f"{prefix}clock"]:
        hour, minute = int(clock[:-3]), int(clock[-2:])
        typed_in_full = len(clock) == 5
    else:
        hour, minute = value(match[f"{prefix}hour"]) or 0, _rest(match[f"{prefix}rest"] or "")
        typed_in_full = False
    if hour > 24 or not 0 <= minute < 60:
        return []
    part = match[f"{prefix}part"] or inherited
    if part:
        return _in_part(part, hour, minute)
    if hour > 12 or hour == 0 or typed_in_full:
        return [hour * HOUR + minute]
    if hour == 12:
        return [12 * HOUR + minute]
    return [hour * HOUR + minute, (hour + 12) * HOUR + minute]


def _rest(rest: str) -> int:
    if rest in _HALVES:
        return _HALVES[rest]
    minute = value(rest.removesuffix("分"))
    return -1 if minute is None else minute


def _in_part(part: str, hour: int, minute: int) -> list[int]:
    if part in _MORNING:
        return [hour % 24 * HOUR + minute] if hour <= 12 else []
    if hour > 12:
        return [hour * HOUR + minute]
    if part == "中午":
        return [(hour if hour >= 10 else hour + 12) * HOUR + minute]
    if part in ("晚上", "晚", "夜里") and (hour == 12 or hour < 5):
        return [DAY + hour % 12 * HOUR + minute]  # 晚上十二点, 夜里两点: after midnight
    return [(hour % 12 + 12) * HOUR + minute]
