"""Rows of the PBX's CEL file (`cel_rows`) → `calls.events`. Pure; knows whole calls, not streams.

A call is translated when all of it is known, so that a later row can tell what an earlier one meant: a queue that
refused was never joined; a line whose application is AppDial or AppQueue was called by the PBX.

What CEL does not tell: holds, the position in the queue (1 is put), the name of the member (the device's number is
put), who listened, and whether a ring ran out or was cancelled (told by what else happened at that moment).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.calls import events as ev
from callcenter.calls.lines import interface_of, is_agent_interface
from callcenter.telephony.cel_rows import TEXT_LENGTH, CelRow

#: Two things that one act causes lie closer together than this.
SAME_MOMENT = timedelta(seconds=1)
#: Nobody stays in a queue for less, unless he hangs up.
NO_STAY = timedelta(milliseconds=20)


# ---- which rows are one call ----


@dataclass(slots=True)
class CelCall:
    """Rows that belong together by their lines' names or the PBX's names of the call, in the order of the file."""

    rows: list[CelRow] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """All uniqueids and linkedids."""

    @property
    def linkedids(self) -> set[str]:
        return {row.linkedid for row in self.rows}

    @property
    def is_whole(self) -> bool:
        """True if the birth of its first line is here too."""
        return self.rows[0].kind == "CHAN_START"


def calls_of(rows: Iterable[CelRow]) -> list[CelCall]:
    """The rows, call by call: a line that changes from one call into another makes them one."""
    by_name: dict[str, CelCall] = {}
    for row in rows:
        call = by_name.get(row.linkedid) or by_name.get(row.uniqueid) or CelCall()
        other = by_name.get(row.uniqueid)
        if other is not None and other is not call:
            call.rows += other.rows
            call.names |= other.names
            by_name.update(dict.fromkeys(other.names, call))
        call.rows.append(row)
        for name in (row.uniqueid, row.linkedid):
            call.names.add(name)
            by_name[name] = call
    calls = list({id(call): call for call in by_name.values()}.values())
    for call in calls:
        call.rows.sort(key=lambda row: row.at)
    return calls


# ---- what happened in a call ----


def events_of(pbx: str, call: CelCall) -> list[ev.OnLine]:
    """What happened in this call, in the order of time."""
    return _Telling(pbx, call.rows).tell()


class _Telling:
    """One call while it is told."""

    def __init__(self, pbx: str, rows: list[CelRow]) -> None:
        self._pbx = pbx
        self._rows = rows
        self._called = {row.uniqueid for row in rows if row.was_called}
        self._answered = {row.uniqueid for row in rows if row.kind == "ANSWER"}
        self._hung_up = {row.uniqueid for row in rows if row.kind == "HANGUP"}
        self._lines = {row.channel: row for row in reversed(rows)}
        self._waiting: dict[str, tuple[CelRow, str]] = {}
        self._talking: set[str] = set()
        self._asked: set[str] = set()

    def tell(self) -> list[ev.OnLine]:
        told: list[ev.OnLine] = []
        for row in self._rows:
            teller = _TELLERS.get(row.kind)
            if teller is not None:
                told += teller(self, row)
        return told

    def _line(self, row: CelRow) -> tuple[str, datetime, str, str, str]:
        return self._pbx, row.at, row.uniqueid, row.linkedid, row.channel

    def started(self, row: CelRow) -> list[ev.OnLine]:
        incoming = row.uniqueid not in self._called
        number = row.number or self._number_of(row.uniqueid)
        told: list[ev.OnLine] = [ev.LineAppeared(*self._line(row), incoming, number, row.name, row.exten, "")]
        if incoming:
            return told
        caller, queue = self._waiting.get(row.linkedid, (None, ""))
        agent = interface_of(row.channel)
        if caller is not None and caller.uniqueid not in self._talking and is_agent_interface(agent):
            member = agent.partition("/")[2].partition("-")[0]
            who = self._pbx, row.at, caller.uniqueid, caller.linkedid, caller.channel
            told.append(ev.AgentCalled(*who, queue, agent, member, row.uniqueid, row.channel))
        by = "" if row.uniqueid == row.linkedid else row.linkedid
        told.append(ev.DialBegan(*self._line(row), by, caller.channel if caller else "", ""))
        return told

    def _number_of(self, uniqueid: str) -> str:
        """A line that the PBX calls gets its number after its birth."""
        return next((row.number for row in self._rows if row.uniqueid == uniqueid and row.number), "")

    def answered(self, row: CelRow) -> list[ev.OnLine]:
        told: list[ev.OnLine] = [ev.LineAnswered(*self._line(row), row.number, row.exten)]
        if row.uniqueid in self._called:
            told.append(ev.DialEnded(*self._line(row), "ANSWER"))
        return told

    def menu_step(self, row: CelRow) -> list[ev.OnLine]:
        node, _, key = row.said("extra").partition(":")
        return [ev.IvrKeyPressed(*self._line(row), node[:TEXT_LENGTH], key[:TEXT_LENGTH])]

    def recording(self, row: CelRow) -> list[ev.OnLine]:
        return [ev.RecordingBegan(*self._line(row))]

    def voicemail(self, row: CelRow) -> list[ev.OnLine]:
        return [ev.VoicemailRecorded(*self._line(row))]

    def duty_phone(self, row: CelRow) -> list[ev.OnLine]:
        return [ev.DutyPhoneCalled(*self._line(row), row.said("extra")[:TEXT_LENGTH])]

    def application_began(self, row: CelRow) -> list[ev.OnLine]:
        if row.application != "Queue":
            return []
        queue = row.arguments.split(",")[0]
        told: list[ev.OnLine] = [ev.QueueTried(*self._line(row), queue)]
        if not self._is_refused(row):
            self._waiting[row.uniqueid] = (row, queue)
            told.append(ev.CallerJoinedQueue(*self._line(row), queue, 1, row.number))
        return told

    def _is_refused(self, queued: CelRow) -> bool:
        later = (row for row in self._rows if row.uniqueid == queued.uniqueid and row.at > queued.at)
        word = next((row.kind for row in later if row.kind in ("QueueRefused", "QueueLeft", "APP_START")), "")
        return word == "QueueRefused" or (not word and self._went_on_at_once(queued))

    def _went_on_at_once(self, queued: CelRow) -> bool:
        """True if the dialplan went on right behind the queue: without its word that is all that tells a refusal."""
        soon = [
            row.kind
            for row in self._rows
            if row.uniqueid == queued.uniqueid and queued.at < row.at <= queued.at + NO_STAY
        ]
        return "APP_END" in soon and not {"HANGUP", "BRIDGE_ENTER"} & {*soon}

    def application_ended(self, row: CelRow) -> list[ev.OnLine]:
        _, queue = self._waiting.pop(row.uniqueid, (None, None))
        return [] if queue is None else [ev.CallerLeftQueue(*self._line(row), queue)]

    def queue_closed(self, row: CelRow) -> list[ev.OnLine]:
        queue, _, status = row.said("extra").partition(":")
        refused = row.kind == "QueueRefused"
        return [ev.QueueClosed(*self._line(row), queue[:TEXT_LENGTH], status.upper()[:TEXT_LENGTH], refused)]

    def entered(self, row: CelRow) -> list[ev.OnLine]:
        self._talking.add(row.uniqueid)  # the queue goes on while its caller talks; it rings nobody for him any more
        return [ev.BridgeEntered(*self._line(row), row.said("bridge_id"))]

    def left(self, row: CelRow) -> list[ev.OnLine]:
        return [ev.BridgeLeft(*self._line(row), row.said("bridge_id"))]

    def sent_on(self, row: CelRow) -> list[ev.OnLine]:
        transferee = self._lines.get(row.said("transferee_channel_name"))
        uniqueid = row.said("transferee_channel_uniqueid") or (transferee.uniqueid if transferee else "")
        return [ev.BlindTransferred(*self._line(row), uniqueid, row.said("extension"), True)]

    def joined(self, row: CelRow) -> list[ev.OnLine]:
        target = row.said("transfer_target_channel_name")
        ids = (row.said("channel2_uniqueid"), "", row.said("transferee_channel_uniqueid"))
        line = row.said("transfer_target_channel_uniqueid")
        return [ev.AttendedTransferred(*self._line(row), *ids, line, target, "", True)]

    def hung_up(self, row: CelRow) -> list[ev.OnLine]:
        told: list[ev.OnLine] = []
        if row.uniqueid in self._called and row.uniqueid not in self._answered:
            told.append(ev.DialEnded(*self._line(row), "CANCEL" if self._is_cancelled(row) else "NOANSWER"))
        cause = row.extra.get("hangupcause")
        code = cause if isinstance(cause, int) and 0 <= cause < 1000 else 0
        told += [*self._wish(row, code), ev.LineEnded(*self._line(row), code)]
        if row.uniqueid == row.linkedid and row.uniqueid in self._called:
            told.append(ev.OriginateEnded(*self._line(row), row.number, "", row.uniqueid in self._answered))
        return told

    def _wish(self, row: CelRow, cause: int) -> list[ev.OnLine]:
        """Who asked for the end: the row names the line whose far end hung up, or nobody, then the PBX did."""
        source = row.said("hangupsource")
        asking = self._lines.get(source)
        if asking is None:
            by_pbx = row.uniqueid not in self._called and row.channel not in self._asked
            return [ev.HangupAsked(*self._line(row), True, cause)] if by_pbx else []
        if source in self._asked:
            return []
        self._asked.add(source)
        return [ev.HangupAsked(self._pbx, row.at, asking.uniqueid, asking.linkedid, source, False, cause)]

    def _is_cancelled(self, ring: CelRow) -> bool:
        """True if at that moment the caller hung up or another device answered."""
        for row in self._rows:
            if abs(row.at - ring.at) > SAME_MOMENT or row.uniqueid == ring.uniqueid:
                continue
            answered = row.kind == "ANSWER" and row.uniqueid in self._called
            if answered or (row.kind == "HANGUP" and row.uniqueid not in self._called):
                return True
        return False

    def gone(self, row: CelRow) -> list[ev.OnLine]:
        return [] if row.uniqueid in self._hung_up else [ev.LineEnded(*self._line(row), 0)]


_TELLERS: dict[str, Callable[[_Telling, CelRow], list[ev.OnLine]]] = {
    "CHAN_START": _Telling.started,
    "ANSWER": _Telling.answered,
    "IvrStep": _Telling.menu_step,
    "RecordingBegan": _Telling.recording,
    "APP_START": _Telling.application_began,
    "APP_END": _Telling.application_ended,
    "QueueRefused": _Telling.queue_closed,
    "QueueLeft": _Telling.queue_closed,
    "VoicemailLeft": _Telling.voicemail,
    "DutyPhoneCalled": _Telling.duty_phone,
    "BRIDGE_ENTER": _Telling.entered,
    "BRIDGE_EXIT": _Telling.left,
    "BLINDTRANSFER": _Telling.sent_on,
    "ATTENDEDTRANSFER": _Telling.joined,
    "HANGUP": _Telling.hung_up,
    "CHAN_END": _Telling.gone,
}
