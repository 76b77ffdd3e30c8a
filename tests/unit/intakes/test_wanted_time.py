"""When callers want somebody to come, in either clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.intakes.wanted_time import MOST_CANDIDATES, ClockName, Slot, Status, parse

BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, 24, tzinfo=UTC)
"""A Monday, 10:24 in Beijing, 08:24 in Xinjiang."""


def shown(slot: Slot) -> str:
    start, end = slot.start.astimezone(BEIJING), slot.end.astimezone(BEIJING)
    return f"{start:%m-%d %H:%M}–{end:%H:%M}"


def understood(text: str, clock: ClockName = ClockName.BEIJING) -> str:
    found = parse(text, now=NOW, clock=clock)
    assert found.status is Status.UNDERSTOOD, found
    assert found.slot is not None
    return shown(found.slot)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("明天下午三点", "11-24 15:00–16:00"),
        ("明天下午3点半", "11-24 15:30–16:30"),
        ("明天 下午 三点一刻", "11-24 15:15–16:15"),
        ("后天14:30", "11-25 14:30–15:30"),
        ("大后天上午十点", "11-26 10:00–11:00"),
        ("周六上午九点到十一点", "11-28 09:00–11:00"),
        ("星期天下午两点半到四点", "11-29 14:30–16:00"),
        ("下周一上午", "11-30 09:00–12:00"),
        ("11月30日上午9点", "11-30 09:00–10:00"),
        ("十一月三十号晚上七点", "11-30 19:00–20:00"),
        ("30号下午", "11-30 14:00–18:00"),
        ("2026年11月30日 14:00-16:00", "11-30 14:00–16:00"),
        ("明天三点", "11-24 15:00–16:00"),
        ("明天十点四十", "11-24 10:40–11:40"),
        ("明早九点", "11-24 09:00–10:00"),
        ("今晚七点", "11-23 19:00–20:00"),
        ("今天中午一点", "11-23 13:00–14:00"),
        ("今天十二点", "11-23 12:00–13:00"),
        ("今天晚上十二点", "11-24 00:00–01:00"),
        ("明天九点到下午三点", "11-24 09:00–15:00"),
        ("两小时后", "11-23 12:24–13:24"),
        ("半个小时以后", "11-23 10:54–11:54"),
        ("一个半小时后", "11-23 11:54–12:54"),
        ("四十分钟后", "11-23 11:04–12:04"),
        ("马上", "11-23 10:24–12:24"),
        ("明天下午三点以后", "11-24 15:00–18:00"),
        ("１１月３０日下午３点", "11-30 15:00–16:00"),
        ("明天下午三点左右吧", "11-24 15:00–16:00"),
        ("明天下午3-5点", "11-24 15:00–17:00"),
        ("明天9-11点", "11-24 09:00–11:00"),
        ("明天下午三点前后", "11-24 15:00–16:00"),
        ("24号下午2点-4点半", "11-24 14:00–16:30"),
        ("明晚8点", "11-24 20:00–21:00"),
        ("1月5号上午十点", "01-05 10:00–11:00"),
    ],
)
def test_spoken_times_in_beijing_time(text: str, expected: str) -> None:
    assert understood(text) == expected


@pytest.mark.parametrize(
    ("text", "clock", "expected"),
    [
        ("明天下午五点", ClockName.XINJIANG, "11-24 19:00–20:00"),
        ("新疆时间明天下午五点", ClockName.BEIJING, "11-24 19:00–20:00"),
        ("北京时间明天下午五点", ClockName.XINJIANG, "11-24 17:00–18:00"),
        ("今天中午一点", ClockName.XINJIANG, "11-23 15:00–16:00"),
        ("明天17:00", ClockName.XINJIANG, "11-24 19:00–20:00"),
        ("明天三点", ClockName.XINJIANG, "11-24 17:00–18:00"),
    ],
)
def test_xinjiang_time_is_two_hours_behind(text: str, clock: ClockName, expected: str) -> None:
    assert understood(text, clock) == expected


def test_a_day_begins_in_the_clock_in_use() -> None:
    late = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # 24th 00:30 in Beijing, 23rd 22:30 in Xinjiang
    beijing = parse("明天上午十点", now=late)
    xinjiang = parse("明天上午十点", now=late, clock=ClockName.XINJIANG)
    assert beijing.slot is not None
    assert xinjiang.slot is not None
    assert shown(beijing.slot).startswith("11-25 10:00")
    assert shown(xinjiang.slot).startswith("11-24 12:00")


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("明天八点", ["11-24 08:00–09:00", "11-24 20:00–21:00"]),
        ("明天或者后天下午三点", ["11-24 15:00–16:00", "11-25 15:00–16:00"]),
        ("周末上午", ["11-28 09:00–12:00", "11-29 09:00–12:00"]),
        ("明天上午或者下午", ["11-24 09:00–12:00", "11-24 14:00–18:00"]),
    ],
)
def test_what_may_mean_two_things_is_asked_back(text: str, candidates: list[str]) -> None:
    found = parse(text, now=NOW)
    assert found.status is Status.AMBIGUOUS
    assert [shown(slot) for slot in found.candidates] == candidates


def test_the_past_is_never_offered() -> None:
    assert parse("今天上午八点", now=NOW).status is Status.PAST
    assert parse("11月1日下午三点", now=NOW).status is Status.PAST
    assert parse("这周一上午", now=datetime(2026, 11, 25, 2, tzinfo=UTC)).status is Status.PAST
    gone = parse("上午九点", now=NOW)
    assert gone.status is Status.PAST
    assert [shown(slot) for slot in gone.candidates] == ["11-24 09:00–10:00"]


def test_of_two_hours_the_one_to_come_is_meant() -> None:
    assert understood("今天八点") == "11-23 20:00–21:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "随便",
        "明天",
        "2月30日上午",
        "明天25:00",
        "明天十点七十",
        "三点之前",
        "上午十五点",
        "\u202e\x00",
        "👵🏻",
        "99号上午",
    ],
)
def test_what_is_no_time_is_unknown(text: str) -> None:
    assert parse(text, now=NOW).status is Status.UNKNOWN


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                *"今明后天周一二三四五六日末下上午晚点半刻到至月号年时分小个新疆北京间0123456789:：-／十零〇 \u202e",
                "😀",
            ]
        ),
        max_size=60,
    ).map("".join)
    | st.text(max_size=60),
    clock=st.sampled_from(ClockName),
)
def test_any_text_has_an_answer_and_none_of_it_lies_in_the_past(text: str, clock: ClockName) -> None:
    found = parse(text, now=NOW, clock=clock)
    slots = [*found.candidates, *([found.slot] if found.slot else [])]
    assert all(NOW <= slot.start < slot.end for slot in slots)
    assert (found.slot is not None) == (found.status is Status.UNDERSTOOD)
    assert len(found.candidates) <= MOST_CANDIDATES


def test_a_long_text_is_read_in_bounded_time() -> None:
    assert parse("明天下午三点到" * 20_000, now=NOW).status is not None
    assert parse("十" * 1_000_000, now=NOW).status is Status.UNKNOWN
