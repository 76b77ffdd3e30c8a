"""From what was found to what it means: each part of the service good, to be watched, bad, or not known. Pure.

A part is `{"name", "level", "code", "params"}`; screens and the command line make a sentence of `name.code`. Levels:
`good`; `watch` = service goes on, somebody should look today; `bad` = callers, agents or records suffer now.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

Found = Mapping[str, Any]
Part = dict[str, Any]

LEVELS = ("good", "unknown", "watch", "bad")
LATE_MS, VERY_LATE_MS = 250.0, 1000.0
CLOCK_SECONDS = 2.0
SWEEP_IS_OLD = timedelta(seconds=60)
SLOW_DATABASE_MS = 100.0
FULL_INBOX = 1000
OVERDUE_SECONDS = 120
LATE_TIMERS_SECONDS = 10
CALLS_A_REPAIR = 500


def part(name: str, level: str, code: str, **params: Any) -> Part:
    return {"name": name, "level": level, "code": code, "params": params}


def worst(parts: list[Part]) -> str:
    """The level of the whole; what is not known does not make it worse."""
    levels = {one["level"] for one in parts} - {"unknown"}
    return max(levels, key=LEVELS.index, default="unknown")


def pbx(link: Found, runs: bool | None, version: str | None) -> Part:
    """`runs`: whether its process lives, None where that cannot be seen (another machine)."""
    if link.get("state") == "live":
        return part("pbx", "good", "runs", version=version, since=link.get("life_since"))
    if runs:
        return part("pbx", "watch", "unheard", version=version)
    return part("pbx", "bad", "unknown" if runs is None else "stopped", version=version)


def ami(link: Found, owner: str | None, runs: bool | None) -> Part:
    """`runs`: the PBX's process; without it there is nothing to connect to."""
    if owner is None:
        return part("link", "bad", "no_owner")
    state, since = link.get("state"), link.get("since")
    level = {"live": "good", "recovering": "watch"}.get(str(state), "bad")
    code = state if level != "bad" else "down" if runs is not False else "pbx_stopped"
    return part("link", level, str(code), since=since, attempts=link.get("attempts"), error=link.get("last_error"))


def lag(link: Found) -> Part:
    came, written = link.get("lag_ms"), link.get("handling_ms")
    if link.get("state") != "live" or not came:
        return part("lag", "unknown", "quiet")
    worst_ms = max(came["p99"], written["p99"] if written else 0.0)
    usual_ms = max(came["p50"], written["p50"] if written else 0.0)
    code, level = "on_time", "good"
    if usual_ms > VERY_LATE_MS:
        code, level = "very_late", "bad"
    elif worst_ms > LATE_MS:
        code, level = "late", "watch"
    return part("lag", level, code, came=came, written=written)


def clock(link: Found) -> Part:
    offset, steps = link.get("clock_offset_seconds"), link.get("clock_steps") or 0
    if offset is None:
        return part("clock", "unknown", "unknown")
    wrong = abs(offset) > CLOCK_SECONDS
    code = "off" if wrong else "was_set" if steps else "right"
    return part("clock", "good" if code == "right" else "watch", code, seconds=offset, steps=steps)


def sweep(link: Found, now: datetime) -> Part:
    last, connected = (_at(link.get(name)) for name in ("last_sweep_at", "connected_at"))
    found = {"at": link.get("last_sweep_at"), "sweeps": link.get("sweeps"), "full": link.get("full_sweeps")}
    if link.get("state") != "live" or connected is None:
        return part("sweep", "unknown", "paused", **found)
    if now - max(last or connected, connected) > SWEEP_IS_OLD:
        return part("sweep", "watch", "old", **found)
    return part("sweep", "good", "done" if last else "first", **found)


def _at(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def repairs(swept: int, recovered: int, calls: int) -> Part:
    """Alarm when sweeps had to mend more than one thing in 500 calls; the first of the day is none."""
    many = swept * CALLS_A_REPAIR > max(calls, CALLS_A_REPAIR)
    code = "many" if many else "some" if swept or recovered else "none"
    return part(
        "repairs",
        "watch" if many else "good",
        code,
        swept=swept,
        recovered=recovered,
        calls=calls,
        most=CALLS_A_REPAIR,
    )


def inbox(link: Found) -> Part:
    waiting, unsaved, aside = (int(link.get(name) or 0) for name in ("inbox", "unsaved", "set_aside"))
    overflows = int(link.get("overflows") or 0)
    found = {"waiting": waiting, "unsaved": unsaved, "aside": aside, "overflows": overflows}
    if unsaved:
        return part("inbox", "bad", "unsaved", **found)
    if aside:
        return part("inbox", "watch", "set_aside", **found)
    if overflows:
        return part("inbox", "watch", "overflowed", **found)
    return part(
        "inbox", "watch" if waiting > FULL_INBOX else "good", "full" if waiting > FULL_INBOX else "fine", **found
    )


def outbox(found: Found) -> Part:
    if found["overdue_seconds"] > OVERDUE_SECONDS:
        return part("outbox", "bad", "stopped", **found)
    return part("outbox", "watch" if found["stuck"] else "good", "stuck" if found["stuck"] else "fine", **found)


def timers(found: Found) -> Part:
    late = found["late_seconds"] > LATE_TIMERS_SECONDS
    return part("timers", "bad" if late else "good", "late" if late else "fine", **found)


def database(found: Found) -> Part:
    if not found["ok"]:
        return part("database", "bad", "away", error=found.get("error"))
    slow = found["milliseconds"] > SLOW_DATABASE_MS
    return part(
        "database", "watch" if slow else "good", "slow" if slow else "fine",
        engine=found["engine"], milliseconds=found["milliseconds"],
    )  # fmt: skip


def recordings(found: Found) -> Part:
    code = "missing" if found["missing"] else "fine"
    return part("recordings", "watch" if found["missing"] else "good", code, **found)


def menu(state: str, *, skipped: bool, taken_out: int) -> Part:
    """`state`: of `telephony.menu_probe.Menu`."""
    level = {"answers": "good", "full": "watch", "gone": "bad", "silent": "bad"}.get(state, "unknown")
    return part("menu", level, state, skipped=skipped, taken_out=taken_out)


def members(refused: int) -> Part:
    return part("members", "watch" if refused else "good", "refused" if refused else "fine", refused=refused)
