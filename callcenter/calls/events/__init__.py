"""What happened on a line: frozen, past tense, with nothing of Asterisk's spelling left in it.

Every event has `pbx` (name of the PBX) and `at` (the PBX's own time stamp, aware UTC, microseconds). Events about a
line have `uniqueid` (that line), `linkedid` (the PBX's name of the whole call) and `channel` (the line's name, such
as `PJSIP/1001-0000000c`). Missing texts are empty strings, never None.
"""

from callcenter.calls.events.base import LineEvent, OnLine
from callcenter.calls.events.conversations import (
    AttendedTransferred,
    BlindTransferred,
    BridgeEntered,
    BridgeLeft,
    OriginateEnded,
    RecordingBegan,
    SpyStarted,
    SpyStopped,
)
from callcenter.calls.events.found import (
    LineFound,
    LineVanished,
    WaitFound,
    WaitVanished,
)
from callcenter.calls.events.lines import (
    HangupAsked,
    LineAnswered,
    LineAppeared,
    LineEnded,
    LineHeld,
    LineResumed,
    LinesFused,
)
from callcenter.calls.events.menus import (
    CallbackAsked,
    DigitHeard,
    DutyPhoneCalled,
    IvrKeyPressed,
    VoicemailRecorded,
)
from callcenter.calls.events.queues import (
    CallerAbandonedQueue,
    CallerJoinedQueue,
    CallerLeftQueue,
    QueueClosed,
    QueueTried,
)
from callcenter.calls.events.rings import (
    AgentCalled,
    AgentCompleted,
    AgentConnected,
    AgentRingEnded,
    DialBegan,
    DialEnded,
)

__all__ = [
    "AgentCalled",
    "AgentCompleted",
    "AgentConnected",
    "AgentRingEnded",
    "AttendedTransferred",
    "BlindTransferred",
    "BridgeEntered",
    "BridgeLeft",
    "CallbackAsked",
    "CallerAbandonedQueue",
    "CallerJoinedQueue",
    "CallerLeftQueue",
    "DialBegan",
    "DialEnded",
    "DigitHeard",
    "DutyPhoneCalled",
    "HangupAsked",
    "IvrKeyPressed",
    "LineAnswered",
    "LineAppeared",
    "LineEnded",
    "LineEvent",
    "LineFound",
    "LineHeld",
    "LineResumed",
    "LineVanished",
    "LinesFused",
    "OnLine",
    "OriginateEnded",
    "QueueClosed",
    "QueueTried",
    "RecordingBegan",
    "SpyStarted",
    "SpyStopped",
    "VoicemailRecorded",
    "WaitFound",
    "WaitVanished",
]
