"""A switchboard beside what the PBX shows: adopt what it did not know, end what is gone (callcenter.md §4.2). Pure.

Three lists at one time: lines, callers who wait, and what a switchboard believes. Order of a sweep: `end_missing`,
`adopt`, `leave_missing`.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from callcenter.calls import events as e
from callcenter.calls.call_log import CallLog
from callcenter.calls.journeys import Line
from callcenter.calls.live_lines import (
    LiveLine,
    LiveWait,
    differs,
    found_duties,
    found_lines,
    found_waits,
    settling,
    still_waiting,
)
from callcenter.calls.switchboard import Change, Switchboard

#: How young a line must be to be spared by `end_missing`: the list may have been taken just before its birth.
SPARED_AGE = timedelta(seconds=2)


def adopt(board: Switchboard, lines: Iterable[LiveLine], waits: Iterable[LiveWait], at: datetime) -> list[Change]:
    """Build or mend journeys from what the PBX shows now; `at` = time of that list.

    A leg found under way counts from the birth of the agent's line, since nothing says when it was answered.
    """
    lines = list(lines)
    found = found_lines(board.pbx, lines, at)
    events: list[e.OnLine] = [*settling([line for line in found if differs(board.known.line(line.uniqueid), line)])]
    events = sorted([*events, *found_waits(board.pbx, waits, found, at)], key=lambda one: one.at)
    after = at + timedelta(microseconds=len(found))
    events += [duty for duty in found_duties(board.pbx, lines, after) if not _duty_known(board, duty.uniqueid)]
    return [change for event in events for change in board.apply(event)]


def agrees(board: Switchboard, lines: Iterable[LiveLine], waits: Iterable[LiveWait], at: datetime) -> bool:
    """Whether these lists show what we believe, as far as they can: what is younger than 2 s is spared."""
    waits = list(waits)
    found = found_lines(board.pbx, lines, at)
    live = {line.uniqueid for line in found}
    new = (line for line in found if not board.known.was_once(line.uniqueid, line.linkedid))
    if any(differs(board.known.line(line.uniqueid), line) for line in new):
        return False
    known = {wait.uniqueid for wait in waits} <= board.known.lines()
    return known and not _gone(board, live, at) and not _waits_gone(board, waits, at)


def leave_missing(board: Switchboard, waits: Iterable[LiveWait], at: datetime) -> list[Change]:
    """Let every caller leave the queue whom the PBX does not show waiting; `end_missing` and `adopt` go before.

    One change a caller, even if nothing can be said yet of how the visit ended.
    """
    changes = []
    for event in _waits_gone(board, waits, at):
        facts = tuple(fact for change in board.apply(event) for fact in change.facts)
        call = board.known.with_line(event.uniqueid)
        if call is not None:
            changes.append(Change(call.journey, facts))
    return changes


def end_missing(
    board: Switchboard,
    live: Collection[str],
    at: datetime,
    *,
    estimated: bool = True,
    spared: timedelta | None = None,
) -> list[Change]:
    """End every line that is not among the live uniqueids; lines younger than `spared` before `at` (2 s) stay."""
    gone = [
        e.LineVanished(board.pbx, at, line.uniqueid, call.origin.linkedid, line.channel, estimated)
        for call, line in _gone(board, live, at, spared)
    ]
    return [change for event in gone for change in board.apply(event)]


def _gone(
    board: Switchboard, live: Collection[str], at: datetime, spared: timedelta | None = None
) -> list[tuple[CallLog, Line]]:
    shown, youngest = set(live), at - (SPARED_AGE if spared is None else spared)
    return [
        (call, line)
        for call in board.known.all()
        for line in call.journey.lines.values()
        if line.ended_at is None and line.uniqueid not in shown and line.appeared_at <= youngest
    ]


def _waits_gone(board: Switchboard, waits: Iterable[LiveWait], at: datetime) -> list[e.OnLine]:
    shown = {(wait.uniqueid, wait.queue) for wait in waits}
    return [
        e.WaitVanished(board.pbx, at, line.uniqueid, call.origin.linkedid, line.channel, visit.queue)
        for call in board.known.all()
        for line, visit in still_waiting(call.journey, at - SPARED_AGE)
        if (line.uniqueid, visit.queue) not in shown
    ]


def _duty_known(board: Switchboard, uniqueid: str) -> bool:
    call = board.known.with_line(uniqueid)
    return call is not None and call.journey.duty_called
