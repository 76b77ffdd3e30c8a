"""Asterisk's messages → `calls.events`. The only file that reads AMI headers.

`translate` takes one event as received (header → text, or a list of texts where a header came more than once) and
returns what it means, or None for what nobody here wants. It never raises: callers decide what stands in caller ids,
and a line may be cut anywhere. A message without a usable `Timestamp` is taken at `received_at`, or dropped.

Not needed, but used when they come: VarSet (QUEUESTATUS, VMSTATUS), Newexten (Queue), DTMFEnd. The least-rights user
sees none of them; the dialplan's UserEvents QueueRefused, QueueLeft and VoicemailLeft say the same.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from callcenter.calls import events as ev
from callcenter.calls import pbx_events as pe
from callcenter.calls.switchboard import LiveLine, LiveWait

Message = Mapping[str, str | list[str]]
Translator = Callable[[Message, str, datetime], ev.LineEvent | None]

ID_LENGTH = 150  # Asterisk's own limit of a Uniqueid
TEXT_LENGTH = 80  # AST_MAX_EXTENSION and what fits on a screen
_WATCH = "Local/s@wrap-up-watch"  # the PBX's own look-out (telephony/heartbeat.py), no call
_DUTY_CONTEXT = "duty-phone"
_NO_DEVICES = ("Queue:", "Local/")  # states that the PBX makes up for queues and Local halves
STATE_RING, STATE_UP = "4", "6"  # main/channel.c: the device called us; the line is up


def translate(message: Message, pbx: str, received_at: datetime | None = None) -> ev.LineEvent | None:
    """What this message says happened on the PBX of that name, or None."""
    name = message.get("Event")
    translator = TRANSLATORS.get(name) if isinstance(name, str) else None
    if translator is None or _is_noise(message, str(name)):
        return None
    at = _stamp(message) or received_at
    return translator(message, pbx, at) if at is not None else None


def _is_noise(message: Message, name: str) -> bool:
    """True for the many messages of which only a few values matter."""
    wanted = WANTED.get(name)
    return wanted is not None and message.get(wanted[0]) not in wanted[1]


def system_name(message: Message) -> str:
    """The `systemname` of the PBX that sent the message; empty if it sets none."""
    return _text(message, "SystemName")


def live_line(row: Message) -> LiveLine | None:
    """A row of CoreShowChannels; None if it names no line of a call."""
    uniqueid = _text(row, "Uniqueid", ID_LENGTH)
    if not uniqueid or _is_watch(row):
        return None
    return LiveLine(
        uniqueid=uniqueid,
        linkedid=_text(row, "Linkedid", ID_LENGTH) or uniqueid,
        channel=_text(row, "Channel", ID_LENGTH),
        state=_number(row, "ChannelState"),
        caller_number=_text(row, "CallerIDNum"),
        caller_name=_text(row, "CallerIDName"),
        dialled=_text(row, "Exten"),
        application=_text(row, "Application"),
        bridge=_text(row, "BridgeId", ID_LENGTH),
        seconds=float(_clock_seconds(_text(row, "Duration"))),
        rings_duty_phone=row.get("Context") == _DUTY_CONTEXT and _text(row, "Application") == "Dial",
    )


def live_wait(row: Message) -> LiveWait | None:
    """A QueueEntry row of QueueStatus; None if it names no line."""
    uniqueid = _text(row, "Uniqueid", ID_LENGTH)
    if not uniqueid:
        return None
    return LiveWait(
        uniqueid=uniqueid,
        channel=_text(row, "Channel", ID_LENGTH),
        queue=_text(row, "Queue"),
        position=_number(row, "Position"),
        caller_number=_text(row, "CallerIDNum"),
        wait_seconds=float(_number(row, "Wait")),
    )


def live_member(row: Message, pbx: str, at: datetime) -> pe.MemberStatusChanged:
    """A QueueMember row of QueueStatus, as if the member's state had just been announced."""
    interface = _text(row, "Location", ID_LENGTH) or _text(row, "StateInterface", ID_LENGTH)
    member_name = _text(row, "Name") or interface
    return pe.MemberStatusChanged(
        pbx,
        at,
        _text(row, "Queue"),
        interface,
        member_name,
        _text(row, "Paused") == "1",
        _text(row, "PausedReason"),
        _number(row, "Status"),
        _number(row, "Penalty"),
        _text(row, "InCall") == "1",
    )


# ---- reading headers ----


def _text(message: Message, key: str, limit: int = TEXT_LENGTH) -> str:
    """The header as one harmless line: no control characters, no more than `limit`, `<unknown>` as empty."""
    value: object = message.get(key, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    if not isinstance(value, str) or value == "<unknown>":
        return ""
    if len(value) > limit:
        value = value[:limit]
    return value if value.isprintable() else _printable(value)


def _printable(value: str) -> str:
    spaced = (" " if unicodedata.category(char) == "Zs" else char for char in value)
    return "".join(char for char in spaced if char.isprintable())


def _number(message: Message, key: str) -> int:
    value = _text(message, key)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _clock_seconds(value: str) -> int:
    """`01:02:03` → 3723; 0 for anything else."""
    parts = value.split(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        return 0
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return seconds


def _stamp(message: Message) -> datetime | None:
    value = message.get("Timestamp")
    try:
        return datetime.fromtimestamp(float(value), UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def _line(m: Message, prefix: str = "") -> tuple[str, str, str]:
    """(uniqueid, linkedid, channel) of the line whose headers carry that prefix."""
    return (
        _text(m, prefix + "Uniqueid", ID_LENGTH),
        _text(m, prefix + "Linkedid", ID_LENGTH),
        _text(m, prefix + "Channel", ID_LENGTH),
    )


# ---- lines ----


def _is_watch(m: Message, channel: str = "Channel") -> bool:
    return _text(m, channel).startswith(_WATCH)


def _newchannel(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    if _is_watch(m):
        return None
    incoming = m.get("ChannelState") == STATE_RING
    number, name = _text(m, "CallerIDNum"), _text(m, "CallerIDName")
    return ev.LineAppeared(pbx, at, *_line(m), incoming, number, name, _text(m, "Exten"), _text(m, "Context"))


def _newstate(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    if _is_watch(m):
        return None
    return ev.LineAnswered(pbx, at, *_line(m), _text(m, "CallerIDNum"), _text(m, "Exten"))


def _hangup_asked(by_pbx: bool) -> Translator:
    return lambda m, pbx, at: ev.HangupAsked(pbx, at, *_line(m), by_pbx, _number(m, "Cause"))


def _fused(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    halves = _text(m, "LocalOneUniqueid", ID_LENGTH), _text(m, "LocalTwoUniqueid", ID_LENGTH)
    return ev.LinesFused(pbx, at, *_line(m, "Source"), *halves)


def _bare(event: Callable[[str, datetime, str, str, str], ev.LineEvent]) -> Translator:
    return lambda m, pbx, at: event(pbx, at, *_line(m))


# ---- queues ----


def _queue_join(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    number = _text(m, "CallerIDNum")
    return ev.CallerJoinedQueue(pbx, at, *_line(m), _text(m, "Queue"), _number(m, "Position"), number)


def _with_queue(event: Callable[[str, datetime, str, str, str, str], ev.LineEvent]) -> Translator:
    return lambda m, pbx, at: event(pbx, at, *_line(m), _text(m, "Queue"))


def _newexten(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.QueueTried(pbx, at, *_line(m), _text(m, "AppData").split(",")[0])


def _varset(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    variable = m.get("Variable")
    if variable == "QUEUESTATUS" and m.get("Value"):
        return ev.QueueClosed(pbx, at, *_line(m), "", _text(m, "Value").upper(), False)
    if variable == "VMSTATUS" and m.get("Value") == "SUCCESS":
        return ev.VoicemailRecorded(pbx, at, *_line(m))
    return None


def _queue_closed(refused: bool) -> Translator:
    def closed(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
        return ev.QueueClosed(pbx, at, *_line(m), _text(m, "Queue"), _text(m, "Status").upper(), refused)

    return closed


def _ivr_step(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.IvrKeyPressed(pbx, at, *_line(m), _text(m, "Node"), _text(m, "Key"))


def _fence(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return pe.FenceReached(pbx, at, _text(m, "Run"))


def _user_event(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    name = m.get("UserEvent")
    translator = USER_EVENTS.get(name) if isinstance(name, str) else None
    return translator(m, pbx, at) if translator is not None else None


# ---- rings and agents ----


def _offer(m: Message) -> tuple[str, str, str]:
    return _text(m, "Queue"), _text(m, "Interface", ID_LENGTH), _text(m, "MemberName")


def _member_line(m: Message) -> tuple[str, str]:
    return _text(m, "DestUniqueid", ID_LENGTH), _text(m, "DestChannel", ID_LENGTH)


def _agent_called(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.AgentCalled(pbx, at, *_line(m), *_offer(m), *_member_line(m))


def _ring_no_answer(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.AgentRingEnded(pbx, at, *_line(m), *_offer(m), *_member_line(m), _number(m, "RingTime"))


def _agent_connect(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.AgentConnected(pbx, at, *_line(m), *_offer(m), *_member_line(m))


def _agent_complete(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.AgentCompleted(pbx, at, *_line(m), *_offer(m), _member_line(m)[0], _text(m, "Reason"))


def _dial_begin(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    if _is_watch(m, "DestChannel"):
        return None
    by_uniqueid, _, by_channel = _line(m)
    dialled = _text(m, "Exten") or _number_in(_text(m, "DialString"))
    return ev.DialBegan(pbx, at, *_line(m, "Dest"), by_uniqueid, by_channel, dialled)


def _number_in(dial_string: str) -> str:
    """`PJSIP/13900000001@trunk` → `13900000001`: the PBX dials by itself, no extension is involved."""
    return dial_string.partition("@")[0].rpartition("/")[2]


def _dial_end(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return ev.DialEnded(pbx, at, *_line(m, "Dest"), _text(m, "DialStatus").upper())


def _originated(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    succeeded = m.get("Response") == "Success"
    return ev.OriginateEnded(pbx, at, *_line(m), _text(m, "CallerIDNum"), _text(m, "Exten"), succeeded)


# ---- conversations ----


def _bridge(event: Callable[[str, datetime, str, str, str, str], ev.LineEvent]) -> Translator:
    return lambda m, pbx, at: event(pbx, at, *_line(m), _text(m, "BridgeUniqueid", ID_LENGTH))


def _blind(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    transferee = _text(m, "TransfereeUniqueid", ID_LENGTH)
    succeeded = m.get("Result") == "Success"
    return ev.BlindTransferred(pbx, at, *_line(m, "Transferer"), transferee, _text(m, "Extension"), succeeded)


def _attended(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    second, second_linkedid, _ = _line(m, "SecondTransferer")
    target, _, target_channel = _line(m, "TransferTarget")
    return ev.AttendedTransferred(
        pbx,
        at,
        *_line(m, "OrigTransferer"),
        second,
        second_linkedid,
        _text(m, "TransfereeUniqueid", ID_LENGTH),
        target,
        target_channel,
        _text(m, "TransferTargetExten") or _text(m, "TransferTargetCallerIDNum"),
        m.get("Result") == "Success",
    )


def _spy(event: Callable[[str, datetime, str, str, str, str, str, str], ev.LineEvent]) -> Translator:
    return lambda m, pbx, at: event(pbx, at, *_line(m, "Spyee"), *_line(m, "Spyer"))


# ---- members, devices, the PBX ----


def _member(
    event: Callable[[str, datetime, str, str, str, bool, str, int, int, bool], ev.LineEvent],
) -> Translator:
    def read(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
        paused, reason = m.get("Paused") == "1", _text(m, "PausedReason")
        numbers = _number(m, "Status"), _number(m, "Penalty")
        return event(pbx, at, *_offer(m), paused, reason, *numbers, m.get("InCall") == "1")

    return read


def _device(m: Message, pbx: str, at: datetime) -> ev.LineEvent | None:
    device = _text(m, "Device", ID_LENGTH)
    if device.startswith(_NO_DEVICES):
        return None
    return pe.DeviceStateChanged(pbx, at, device, _text(m, "State"))


def _contact(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return pe.ContactChanged(pbx, at, _text(m, "AOR"), _text(m, "EndpointName"), _text(m, "ContactStatus"))


def _booted(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return pe.PbxBooted(pbx, at, _number(m, "Uptime"))


def _stopping(m: Message, pbx: str, at: datetime) -> ev.LineEvent:
    return pe.PbxStopping(pbx, at, m.get("Restart") == "True")


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
    "Fence": _fence,
}

TRANSLATORS: dict[str, Translator] = {
    "Newchannel": _newchannel,
    "Newstate": _newstate,
    "HangupRequest": _hangup_asked(by_pbx=False),
    "SoftHangupRequest": _hangup_asked(by_pbx=True),
    "Hangup": lambda m, pbx, at: ev.LineEnded(pbx, at, *_line(m), _number(m, "Cause")),
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
    "QueueMemberAdded": _member(pe.MemberAdded),
    "QueueMemberRemoved": _member(pe.MemberRemoved),
    "QueueMemberPause": _member(pe.MemberPaused),
    "QueueMemberStatus": _member(pe.MemberStatusChanged),
    "DeviceStateChange": _device,
    "ContactStatus": _contact,
    "FullyBooted": _booted,
    "Shutdown": _stopping,
}
