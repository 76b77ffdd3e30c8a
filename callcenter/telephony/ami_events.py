"""Asterisk's messages → `calls.events`. Only this file and `ami_members.py` read AMI headers.

`translate` takes one event as received (header → text, or a list of texts where a header came more than once) and
returns what it means, or None for what nobody here wants. It never raises: callers decide what stands in caller ids,
and a line may be cut anywhere. A message without a usable `Timestamp` is taken at `received_at`, or dropped.

Not needed, but used when they come: VarSet (QUEUESTATUS, VMSTATUS), Newexten (Queue), DTMFEnd. The least-rights user
sees none of them; the dialplan's UserEvents QueueRefused, QueueLeft and VoicemailLeft say the same.
"""

from collections.abc import Callable
from datetime import datetime

from callcenter.calls import events as ev
from callcenter.calls.live_lines import LiveLine, LiveWait
from callcenter.telephony import ami_members
from callcenter.telephony.ami_headers import (
    ID_LENGTH,
    TEXT_LENGTH,
    Message,
    Translator,
    clock_seconds,
    line_of,
    name_of,
    offer,
    stamp_of,
    text,
    whole,
)

__all__ = ["TEXT_LENGTH", "Message", "live_line", "live_wait", "system_name", "translate"]

_WATCH = "Local/s@wrap-up-watch"  # the PBX's own look-out (telephony/heartbeat.py), no call
_DUTY_CONTEXT = "duty-phone"
STATE_RING, STATE_UP = "4", "6"  # main/channel.c: the device called us; the line is up


def translate(message: Message, pbx: str, received_at: datetime | None = None) -> ev.LineEvent | None:
    """What this message says happened on the PBX of that name, or None."""
    name = message.get("Event")
    translator = TRANSLATORS.get(name) if isinstance(name, str) else None
    if translator is None or _is_noise(message, str(name)):
        return None
    at = stamp_of(message) or received_at
    return translator(message, pbx, at) if at is not None else None


def _is_noise(message: Message, name: str) -> bool:
    """True for the many messages of which only a few values matter."""
    wanted = WANTED.get(name)
    return wanted is not None and message.get(wanted[0]) not in wanted[1]


def system_name(message: Message) -> str:
    """The `systemname` of the PBX that sent the message; empty if it sets none."""
    return text(message, "SystemName")


def live_line(row: Message) -> LiveLine | None:
    """A row of CoreShowChannels; None if it names no line of a call."""
    uniqueid = text(row, "Uniqueid", ID_LENGTH)
    if not uniqueid or _is_watch(row):
        return None
    return LiveLine(
        uniqueid=uniqueid,
        linkedid=text(row, "Linkedid", ID_LENGTH) or uniqueid,
        channel=text(row, "Channel", ID_LENGTH),
        state=whole(row, "ChannelState"),
        caller_number=text(row, "CallerIDNum"),
        caller_name=name_of(row),
        dialled=text(row, "Exten"),
        application=text(row, "Application"),
        bridge=text(row, "BridgeId", ID_LENGTH),
        seconds=float(clock_seconds(text(row, "Duration"))),
        rings_duty_phone=row.get("Context") == _DUTY_CONTEXT and text(row, "Application") == "Dial",
    )


def live_wait(row: Message) -> LiveWait | None:
    """A QueueEntry row of QueueStatus; None if it names no line."""
    uniqueid = text(row, "Uniqueid", ID_LENGTH)
    if not uniqueid:
        return None
    return LiveWait(
        uniqueid=uniqueid,
        channel=text(row, "Channel", ID_LENGTH),
        queue=text(row, "Queue"),
        position=whole(row, "Position"),
        caller_number=text(row, "CallerIDNum"),
        wait_seconds=float(whole(row, "Wait")),
    )


# ---- lines ----


def _is_watch(m: Message, channel: str = "Channel") -> bool:
    return text(m, channel).startswith(_WATCH)


def _newchannel(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    if _is_watch(m):
        return None
    incoming = m.get("ChannelState") == STATE_RING
    number, name = text(m, "CallerIDNum"), name_of(m)
    return ev.LineAppeared(pbx, at, *line_of(m), incoming, number, name, text(m, "Exten"), text(m, "Context"))


def _newstate(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    if _is_watch(m):
        return None
    return ev.LineAnswered(pbx, at, *line_of(m), text(m, "CallerIDNum"), text(m, "Exten"))


def _hangup_asked(by_pbx: bool) -> Translator:
    return lambda m, pbx, at: ev.HangupAsked(pbx, at, *line_of(m), by_pbx, whole(m, "Cause"))


def _fused(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    halves = text(m, "LocalOneUniqueid", ID_LENGTH), text(m, "LocalTwoUniqueid", ID_LENGTH)
    return ev.LinesFused(pbx, at, *line_of(m, "Source"), *halves)


def _bare(event: Callable[[str, datetime, str, str, str], ev.LineEvent]) -> Translator:
    return lambda m, pbx, at: event(pbx, at, *line_of(m))


# ---- queues ----


def _queue_join(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    number = text(m, "CallerIDNum")
    return ev.CallerJoinedQueue(pbx, at, *line_of(m), text(m, "Queue"), whole(m, "Position"), number)


def _with_queue(event: Callable[[str, datetime, str, str, str, str], ev.LineEvent]) -> Translator:
    return lambda m, pbx, at: event(pbx, at, *line_of(m), text(m, "Queue"))


def _newexten(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.QueueTried(pbx, at, *line_of(m), text(m, "AppData").split(",")[0])


def _varset(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    variable = m.get("Variable")
    if variable == "QUEUESTATUS" and m.get("Value"):
        return ev.QueueClosed(pbx, at, *line_of(m), "", text(m, "Value").upper(), False)
    if variable == "VMSTATUS" and m.get("Value") == "SUCCESS":
        return ev.VoicemailRecorded(pbx, at, *line_of(m))
    return None


def _queue_closed(refused: bool) -> Translator:
    def closed(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
        return ev.QueueClosed(pbx, at, *line_of(m), text(m, "Queue"), text(m, "Status").upper(), refused)

    return closed


def _ivr_step(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.IvrKeyPressed(pbx, at, *line_of(m), text(m, "Node"), text(m, "Key"))


def _user_event(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    name = m.get("UserEvent")
    translator = USER_EVENTS.get(name) if isinstance(name, str) else None
    return translator(m, pbx, at) if translator is not None else None


# ---- rings and agents ----


def _member_line(m: Message) -> tuple[str, str]:
    return text(m, "DestUniqueid", ID_LENGTH), text(m, "DestChannel", ID_LENGTH)


def _agent_called(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.AgentCalled(pbx, at, *line_of(m), *offer(m), *_member_line(m))


def _ring_no_answer(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.AgentRingEnded(pbx, at, *line_of(m), *offer(m), *_member_line(m), whole(m, "RingTime"))


def _agent_connect(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.AgentConnected(pbx, at, *line_of(m), *offer(m), *_member_line(m))


def _agent_complete(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.AgentCompleted(pbx, at, *line_of(m), *offer(m), _member_line(m)[0], text(m, "Reason"))


def _dial_begin(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    if _is_watch(m, "DestChannel"):
        return None
    by_uniqueid, _, by_channel = line_of(m)
    dialled = text(m, "Exten") or _number_in(text(m, "DialString"))
    return ev.DialBegan(pbx, at, *line_of(m, "Dest"), by_uniqueid, by_channel, dialled)


def _number_in(dial_string: str) -> str:
    """`PJSIP/13900000001@trunk` → `13900000001`: the PBX dials by itself, no extension is involved."""
    return dial_string.partition("@")[0].rpartition("/")[2]


def _dial_end(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.DialEnded(pbx, at, *line_of(m, "Dest"), text(m, "DialStatus").upper())


def _originated(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    succeeded = m.get("Response") == "Success"
    return ev.OriginateEnded(pbx, at, *line_of(m), text(m, "CallerIDNum"), text(m, "Exten"), succeeded)


# ---- conversations ----


def _bridge(event: Callable[[str, datetime, str, str, str, str], ev.LineEvent]) -> Translator:
    return lambda m, pbx, at: event(pbx, at, *line_of(m), text(m, "BridgeUniqueid", ID_LENGTH))


def _blind(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    transferee = text(m, "TransfereeUniqueid", ID_LENGTH)
    succeeded = m.get("Result") == "Success"
    return ev.BlindTransferred(pbx, at, *line_of(m, "Transferer"), transferee, text(m, "Extension"), succeeded)


def _attended(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    second, second_linkedid, _ = line_of(m, "SecondTransferer")
    target, _, target_channel = line_of(m, "TransferTarget")
    return ev.AttendedTransferred(
        pbx,
        at,
        *line_of(m, "OrigTransferer"),
        second,
        second_linkedid,
        text(m, "TransfereeUniqueid", ID_LENGTH),
        target,
        target_channel,
        text(m, "TransferTargetExten") or text(m, "TransferTargetCallerIDNum"),
        m.get("Result") == "Success",
    )


def _spy(event: Callable[[str, datetime, str, str, str, str, str, str], ev.LineEvent]) -> Translator:
    return lambda m, pbx, at: event(pbx, at, *line_of(m, "Spyee"), *line_of(m, "Spyer"))


#: Of these messages only those count whose header has one of the values.
WANTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "Newstate": ("ChannelState", (STATE_UP,)),
    "Newexten": ("Application", ("Queue",)),
    "VarSet": ("Variable", ("QUEUESTATUS", "VMSTATUS")),
}

USER_EVENTS: dict[str, Translator] = {
    "IvrStep": _ivr_step,
    "QueueRefused": _queue_closed(refused=True),
    "QueueLeft": _queue_closed(refused=False),
    "CallbackRequested": _with_queue(ev.CallbackAsked),
    "VoicemailLeft": _bare(ev.VoicemailRecorded),
    "DutyPhoneCalled": _with_queue(ev.DutyPhoneCalled),
    "Fence": ami_members.fence,
}

TRANSLATORS: dict[str, Translator] = {
    "Newchannel": _newchannel,
    "Newstate": _newstate,
    "HangupRequest": _hangup_asked(by_pbx=False),
    "SoftHangupRequest": _hangup_asked(by_pbx=True),
    "Hangup": lambda m, pbx, at: ev.LineEnded(pbx, at, *line_of(m), whole(m, "Cause")),
    "Hold": _bare(ev.LineHeld),
    "Unhold": _bare(ev.LineResumed),
    "LocalOptimizationBegin": _fused,
    "DTMFEnd": _bare(ev.DigitHeard),
    "QueueCallerJoin": _queue_join,
    "QueueCallerLeave": _with_queue(ev.CallerLeftQueue),
    "QueueCallerAbandon": _with_queue(ev.CallerAbandonedQueue),
    "Newexten": _newexten,
    "VarSet": _varset,
    "UserEvent": _user_event,
    "AgentCalled": _agent_called,
    "AgentRingNoAnswer": _ring_no_answer,
    "AgentConnect": _agent_connect,
    "AgentComplete": _agent_complete,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "OriginateResponse": _originated,
    "BridgeEnter": _bridge(ev.BridgeEntered),
    "BridgeLeave": _bridge(ev.BridgeLeft),
    "BlindTransfer": _blind,
    "AttendedTransfer": _attended,
    "MixMonitorStart": _bare(ev.RecordingBegan),
    "ChanSpyStart": _spy(ev.SpyStarted),
    "ChanSpyStop": _spy(ev.SpyStopped),
    **ami_members.TRANSLATORS,
}
