"""What is good, to be watched or bad, as a table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcenter.app import health_parts as parts
from callcenter.foundation.clock import iso

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
LIVE: dict[str, Any] = {
    "state": "live",
    "since": iso(NOW),
    "connected_at": iso(NOW - timedelta(hours=1)),
    "last_sweep_at": iso(NOW - timedelta(seconds=15)),
    "lag_ms": {"p50": 0.4, "p99": 3.0},
    "handling_ms": {"p50": 4.0, "p99": 30.0},
    "clock_offset_seconds": 0.01,
}
DOWN = {**LIVE, "state": "down", "last_error": "Connect call failed"}


def shown(part: parts.Part) -> tuple[str, str]:
    return part["level"], part["code"]


def test_a_pbx_that_has_stopped_one_that_is_not_heard_and_one_elsewhere() -> None:
    assert shown(parts.pbx(LIVE, True, "22")) == ("good", "runs")
    assert shown(parts.pbx(LIVE, None, None)) == ("good", "runs")
    assert shown(parts.pbx(DOWN, False, "22")) == ("bad", "stopped")
    assert shown(parts.pbx(DOWN, True, "22")) == ("watch", "unheard")
    assert shown(parts.pbx(DOWN, None, None)) == ("bad", "unknown")


def test_the_link() -> None:
    assert shown(parts.ami(LIVE, "a", True)) == ("good", "live")
    assert shown(parts.ami({**LIVE, "state": "recovering"}, "a", True)) == ("watch", "recovering")
    assert shown(parts.ami(DOWN, "a", True)) == ("bad", "down")
    assert shown(parts.ami(DOWN, "a", False)) == ("bad", "pbx_stopped")
    assert shown(parts.ami({}, None, True)) == ("bad", "no_owner")
    assert shown(parts.ami({}, "a", None)) == ("bad", "down"), "an owner that has said nothing yet"


@pytest.mark.parametrize(
    ("came", "written", "level"),
    [((0.4, 3), (4, 30), "good"), ((0.4, 400), (4, 30), "watch"), ((0.4, 3), (4, 400), "watch"),
     ((2000, 4000), (4, 30), "bad"), ((1, 2), (1500, 2000), "bad")],
)  # fmt: skip
def test_lateness(came: tuple[float, float], written: tuple[float, float], level: str) -> None:
    link = {**LIVE, "lag_ms": dict(zip(("p50", "p99"), came, strict=True)),
            "handling_ms": dict(zip(("p50", "p99"), written, strict=True))}  # fmt: skip
    assert parts.lag(link)["level"] == level
    assert parts.lag({**link, "lag_ms": None})["level"] == "unknown"


def test_the_clock() -> None:
    assert shown(parts.clock(LIVE)) == ("good", "right")
    assert shown(parts.clock({**LIVE, "clock_offset_seconds": -3600.0})) == ("watch", "off")
    assert shown(parts.clock({**LIVE, "clock_steps": 1})) == ("watch", "was_set")
    assert shown(parts.clock({**LIVE, "clock_offset_seconds": None})) == ("unknown", "unknown")


def test_sweeps() -> None:
    assert shown(parts.sweep(LIVE, NOW)) == ("good", "done")
    assert shown(parts.sweep(LIVE, NOW + timedelta(minutes=2))) == ("watch", "old")
    assert shown(parts.sweep(DOWN, NOW)) == ("unknown", "paused")
    fresh = {**LIVE, "last_sweep_at": None, "connected_at": iso(NOW)}
    assert shown(parts.sweep(fresh, NOW)) == ("good", "first")
    assert shown(parts.sweep(fresh, NOW + timedelta(minutes=2))) == ("watch", "old")


@pytest.mark.parametrize(
    ("swept", "recovered", "calls", "code"),
    [(0, 0, 0, "none"), (1, 0, 0, "some"), (0, 900, 10, "some"), (2, 0, 10, "many"), (2, 0, 1000, "some"),
     (3, 0, 1000, "many"), (1, 0, 500, "some")],
)  # fmt: skip
def test_more_than_one_repair_in_500_calls_is_many(swept: int, recovered: int, calls: int, code: str) -> None:
    assert parts.repairs(swept, recovered, calls)["code"] == code


def test_what_came_and_is_not_written() -> None:
    assert shown(parts.inbox({"inbox": 3})) == ("good", "fine")
    assert shown(parts.inbox({"inbox": 5000})) == ("watch", "full")
    assert shown(parts.inbox({"overflows": 1})) == ("watch", "overflowed")
    assert shown(parts.inbox({"unsaved": 2, "set_aside": 1})) == ("bad", "unsaved")
    assert shown(parts.inbox({"set_aside": 1})) == ("watch", "set_aside")


def test_effects_timers_records_and_the_database() -> None:
    assert shown(parts.outbox({"waiting": 1, "stuck": 0, "overdue_seconds": 3})) == ("good", "fine")
    assert shown(parts.outbox({"waiting": 1, "stuck": 1, "overdue_seconds": 3})) == ("watch", "stuck")
    assert shown(parts.outbox({"waiting": 1, "stuck": 1, "overdue_seconds": 300})) == ("bad", "stopped")
    assert shown(parts.timers({"armed": 1, "due": 0, "late_seconds": 0})) == ("good", "fine")
    assert shown(parts.timers({"armed": 1, "due": 1, "late_seconds": 60})) == ("bad", "late")
    assert shown(parts.recordings({"registered": 2, "missing": 1})) == ("watch", "missing")
    assert shown(parts.database({"ok": True, "engine": "sqlite", "milliseconds": 1})) == ("good", "fine")
    assert shown(parts.database({"ok": True, "engine": "sqlite", "milliseconds": 900})) == ("watch", "slow")
    assert shown(parts.database({"ok": False, "error": "OperationalError"})) == ("bad", "away")
    assert shown(parts.menu("silent", skipped=True, taken_out=1)) == ("bad", "silent")
    assert shown(parts.members(1)) == ("watch", "refused")


def test_the_whole_is_as_bad_as_its_worst_part() -> None:
    def level(*levels: str) -> str:
        return parts.worst([parts.part("x", each, "y") for each in levels])

    assert level("good", "unknown") == "good"
    assert level("good", "watch", "unknown") == "watch"
    assert level("watch", "bad", "good") == "bad"
    assert level("unknown") == "unknown"
