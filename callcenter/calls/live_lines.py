"""What the PBX shows when asked (CoreShowChannels, QueueStatus), and the events that follow from a difference."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.calls.changing import replace, undecided_visit
from callcenter.calls.events import DutyPhoneCalled, LineFound, OnLine, WaitFound
from callcenter.calls.journeys import Journey, Line, QueueVisit

#: Applications of lines that the PBX itself called (Dial, Queue); every other line called the PBX.
_CALLED_BY_PBX = ("AppDial", "AppQueue")
_STATE_DOWN, _STATE_UP = 0, 6


@dataclass(frozen=True, slots=True)
class LiveLine:
    """A row of the PBX's list of live channels (telephony.ami_events.live_line); `seconds` since its birth."""

    uniqueid: str
    linkedid: str
    channel: str
    state: int
    caller_number: str
    caller_name: str
    dialled: str
    application: str
    bridge: str
    seconds: float
    rings_duty_phone: bool = False


@dataclass(frozen=True, slots=True)
class LiveWait:
    """A row of the PBX's list of waiting callers (telephony.ami_events.live_wait makes it)."""

    uniqueid: str
    channel: str
    queue: str
    position: int
    caller_number: str
    wait_seconds: float


def found_lines(pbx: str, lines: Iterable[LiveLine], at: datetime) -> list[LineFound]:
    """One event a line, the oldest line first; stamps rise by a microsecond so that this order stays."""
    oldest_first = sorted(lines, key=lambda line: (-line.seconds, line.uniqueid != line.linkedid, line.uniqueid))
    return [_found(pbx, line, at, at + timedelta(microseconds=n)) for n, line in enumerate(oldest_first)]


def _found(pbx: str, line: LiveLine, asked_at: datetime, at: datetime) -> LineFound:
    return LineFound(
        pbx,
        at,
        line.uniqueid,
        line.linkedid,
        line.channel,
        since=asked_at - timedelta(seconds=line.seconds),
        state=line.state,
        incoming=line.state != _STATE_DOWN and not line.application.startswith(_CALLED_BY_PBX),
        caller_number=line.caller_number,
        caller_name=line.caller_name,
        dialled=line.dialled
        if line.dialled.isdigit()
        else "",  # a place in the dialplan by now, not what was dialled
        bridge=line.bridge,
    )


def settling(found: Sequence[LineFound]) -> list[LineFound]:
    """These events, of which the last one of each call settles who hears whom."""
    last = {line.linkedid: line.uniqueid for line in found}
    return [line if last[line.linkedid] == line.uniqueid else replace(line, settles=False) for line in found]


def found_duties(pbx: str, lines: Iterable[LiveLine], at: datetime) -> list[OnLine]:
    """One event a caller for whom the dialplan rings, or has rung, the duty phone; the queue is not known."""
    return [
        DutyPhoneCalled(pbx, at, line.uniqueid, line.linkedid, line.channel, "")
        for line in lines
        if line.rings_duty_phone
    ]


def found_waits(pbx: str, waits: Iterable[LiveWait], found: Iterable[LineFound], asked_at: datetime) -> list[OnLine]:
    """One event a waiting caller whose line is shown; join time = `asked_at` − seconds waited.

    Its stamp is that of its own line, before the lines that came later: what rings for the caller needs the queue.
    """
    by_line = {line.uniqueid: line for line in found}
    return [
        WaitFound(
            pbx,
            by_line[wait.uniqueid].at,
            wait.uniqueid,
            by_line[wait.uniqueid].linkedid,
            wait.channel,
            wait.queue,
            wait.position,
            asked_at - timedelta(seconds=wait.wait_seconds),
            wait.caller_number,
        )
        for wait in waits
        if wait.uniqueid in by_line
    ]


def differs(known: Line | None, found: LineFound) -> bool:
    """True if the PBX shows something about this line that we did not know."""
    if known is None:
        return True
    answer_missed = known.answered_at is None and found.state == _STATE_UP
    return known.ended_at is None and (known.bridge != found.bridge or answer_missed)


def still_waiting(journey: Journey, since: datetime) -> list[tuple[Line, QueueVisit]]:
    """The household's live line and the visit that lasts since `since` or longer, if we believe that it waits."""
    line, visit = journey.lines.get(journey.household), undecided_visit(journey)
    if line is None or line.ended_at is not None or visit is None or visit.left_at is not None:
        return []
    return [(line, visit)] if visit.joined_at <= since else []
