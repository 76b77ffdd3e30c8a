"""Days as callers say them: 今天, 周六, 下周一, 11月30日, 30号. Pure; a day is a date of the clock in use."""

import re
from calendar import monthrange
from datetime import date, timedelta

from callcenter.intakes.chinese_numbers import PATTERN as NUMBER
from callcenter.intakes.chinese_numbers import value

_RELATIVE = {
    "今": 0, "今天": 0, "今日": 0, "今儿": 0, "当天": 0,
    "明": 1, "明天": 1, "明日": 1, "明儿": 1,
    "大后天": 3, "后天": 2, "后日": 2,
}  # fmt: skip
_WEEK = {"下下": 2, "下个": 1, "下": 1, "这个": 0, "这": 0, "本": 0}
_WEEKDAY = {c: n for n, c in enumerate("一二三四五六日")} | {str(n + 1): n for n in range(7)} | {"天": 6}
_YEAR_AHEAD = 183
"""A month and day longer ago than this (days) means next year; nearer ones were a slip."""

PATTERN = (
    r"(?P<relative>大后天|今天|今日|今儿|当天|明天|明日|明儿|后天|后日|今(?=[晚早])|明(?=[晚早]))"
    r"|(?P<week>下下|下个|下|这个|这|本)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末1-7])"
    r"|(?P<year>20\d\d)[-/年](?P<ymonth>\d{1,2})[-/月](?P<yday>\d{1,2})[日号]?"
    rf"|(?P<month>{NUMBER})月(?P<mday>{NUMBER})[日号]?"
    rf"|(?P<day>{NUMBER})[日号]"
)


def days(match: re.Match[str], today: date) -> list[date]:
    """The dates a match of `PATTERN` may mean, none if there is no such day; may lie in the past."""
    if relative := match["relative"]:
        return [today + timedelta(days=_RELATIVE[relative])]
    if weekday := match["weekday"]:
        return _weekdays(match["week"], weekday, today)
    if match["year"]:
        return _date(int(match["year"]), int(match["ymonth"]), int(match["yday"]))
    if match["month"]:
        return _month_and_day(value(match["month"]) or 0, value(match["mday"]) or 0, today)
    return _day_of_month(value(match["day"]) or 0, today)


def _weekdays(week: str | None, weekday: str, today: date) -> list[date]:
    monday = today - timedelta(days=today.weekday())
    wanted = [5, 6] if weekday == "末" else [_WEEKDAY[weekday]]
    found = [monday + timedelta(weeks=_WEEK.get(week or "", 0), days=n) for n in wanted]
    if week is None and all(day < today for day in found):
        return [day + timedelta(weeks=1) for day in found]
    return [day for day in found if day >= today] or found


def _month_and_day(month: int, day: int, today: date) -> list[date]:
    this_year = _date(today.year, month, day)
    if this_year and (today - this_year[0]).days > _YEAR_AHEAD:
        return _date(today.year + 1, month, day)
    return this_year or _date(today.year + 1, month, day)


def _day_of_month(day: int, today: date) -> list[date]:
    year, month = today.year, today.month
    for _ in range(3):  # two months running may lack a 31st, never three
        if 1 <= day <= monthrange(year, month)[1] and date(year, month, day) >= today:
            return [date(year, month, day)]
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return []


def _date(year: int, month: int, day: int) -> list[date]:
    if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        return [date(year, month, day)]
    return []
