"""What happened on a line: frozen, past tense, with nothing of Asterisk's spelling left in it.

Every event has `pbx` (name of the PBX) and `at` (the PBX's own time stamp, aware UTC, microseconds). Events about a
line have `uniqueid` (that line), `linkedid` (the PBX's name of the whole call) and `channel` (the line's name, such
as `PJSIP/1001-0000000c`). Missing texts are empty strings, never None.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LineEvent:
    """Base of everything that comes from a PBX."""

    pbx: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OnLine(LineEvent):
    """Base of what happens on one line."""

    uniqueid: str
    linkedid: str
    channel: str


# ---- a line's life ----


@dataclass(frozen=True, slots=True)
class LineAppeared(OnLine):
    """A line exists. `incoming`: it called the PBX; otherwise the PBX called it."""

    incoming: bool
    caller_number: str
    caller_name: str
    dialled: str
    context: str


@dataclass(frozen=True, slots=True)
class LineAnswered(OnLine):
    """The line is up. `number` is the caller id it shows now, `dialled` its extension now."""

    number: str
    dialled: str


@dataclass(frozen=True, slots=True)
class HangupAsked(OnLine):
    """Somebody wants the line to end. `by_pbx`: the PBX itself or a command of ours; otherwise the far end."""

    by_pbx: bool
    cause: int


@dataclass(frozen=True, slots=True)
class LineEnded(OnLine):
    """The line is gone. `cause` as in Q.850 (16 normal, 17 busy, 19 no answer, 21 rejected; 0 unknown)."""

    cause: int


@dataclass(frozen=True, slots=True)
class LineHeld(OnLine):
    """This line's device put the others on hold."""


@dataclass(frozen=True, slots=True)
class LineResumed(OnLine):
    """This line's device took the others back from hold."""


@dataclass(frozen=True, slots=True)
class LinesFused(OnLine):
    """A pair of Local halves is being taken out: this line takes the place of half one."""

    half_one: str
    half_two: str


# ---- menus ----


@dataclass(frozen=True, slots=True)
class IvrKeyPressed(OnLine):
    """One step in the menus: a digit, `timeout`, or `invalid:<digit>`."""

    node: str
    key: str


@dataclass(frozen=True, slots=True)
class DigitHeard(OnLine):
    """A key was pressed on the line; which one is nobody's business here."""


@dataclass(frozen=True, slots=True)
class CallbackAsked(OnLine):
    """The caller asked in the menus to be called back (UserEvent CallbackRequested)."""

    queue: str


@dataclass(frozen=True, slots=True)
class VoicemailRecorded(OnLine):
    """The caller left a message (UserEvent VoicemailLeft)."""


@dataclass(frozen=True, slots=True)
class DutyPhoneCalled(OnLine):
    """The dialplan is about to ring the queue's duty phone for this caller: the line it calls next is one of ours."""

    queue: str


# ---- queues ----


@dataclass(frozen=True, slots=True)
class QueueTried(OnLine):
    """The dialplan is about to queue the caller; the queue may refuse. Not seen by the least-rights user."""

    queue: str


@dataclass(frozen=True, slots=True)
class CallerJoinedQueue(OnLine):
    """The caller waits. `position` counts from 1."""

    queue: str
    position: int
    caller_number: str


@dataclass(frozen=True, slots=True)
class CallerLeftQueue(OnLine):
    """The caller waits no more, for whatever reason; never to be counted alone."""

    queue: str


@dataclass(frozen=True, slots=True)
class CallerAbandonedQueue(OnLine):
    """The caller waits no more and was not answered; the PBX says so also after a time limit or a withdrawal."""

    queue: str


@dataclass(frozen=True, slots=True)
class QueueClosed(OnLine):
    """The dialplan's word after the queue: TIMEOUT, JOINEMPTY, LEAVEEMPTY, FULL, WITHDRAW, CONTINUE…

    `refused`: said by UserEvent QueueRefused, so the caller never waited. `queue` may be empty.
    """

    queue: str
    status: str
    refused: bool


# ---- rings and agents ----


@dataclass(frozen=True, slots=True)
class AgentCalled(OnLine):
    """A queue offers the caller (`uniqueid`) to a member; the member's line is `agent_uniqueid`."""

    queue: str
    interface: str
    member_name: str
    agent_uniqueid: str
    agent_channel: str


@dataclass(frozen=True, slots=True)
class AgentRingEnded(OnLine):
    """The queue gave up ringing this member. `ring_ms` is 0 when the device refused at once."""

    queue: str
    interface: str
    member_name: str
    agent_uniqueid: str
    agent_channel: str
    ring_ms: int


@dataclass(frozen=True, slots=True)
class AgentConnected(OnLine):
    """The member took the caller."""

    queue: str
    interface: str
    member_name: str
    agent_uniqueid: str
    agent_channel: str


@dataclass(frozen=True, slots=True)
class AgentCompleted(OnLine):
    """The queue's word on the end of a talk; `reason` (agent, caller, transfer) is often wrong, evidence only."""

    queue: str
    interface: str
    member_name: str
    agent_uniqueid: str
    reason: str


@dataclass(frozen=True, slots=True)
class DialBegan(OnLine):
    """This line is being called; by `by_uniqueid`, or by the PBX itself if that is empty."""

    by_uniqueid: str
    by_channel: str
    dialled: str


@dataclass(frozen=True, slots=True)
class DialEnded(OnLine):
    """The call to this line came to `status`: ANSWER, NOANSWER, BUSY, CANCEL, CHANUNAVAIL, CONGESTION…"""

    status: str


# ---- conversations ----


@dataclass(frozen=True, slots=True)
class BridgeEntered(OnLine):
    """The line hears and speaks in this bridge."""

    bridge: str


@dataclass(frozen=True, slots=True)
class BridgeLeft(OnLine):
    """The line left this bridge."""

    bridge: str


@dataclass(frozen=True, slots=True)
class BlindTransferred(OnLine):
    """The agent (`uniqueid`) sent the other party to an extension unseen."""

    transferee_uniqueid: str
    extension: str
    succeeded: bool


@dataclass(frozen=True, slots=True)
class AttendedTransferred(OnLine):
    """The agent joined two of his calls; `uniqueid` is his line in the first, `second_uniqueid` in the second."""

    second_uniqueid: str
    second_linkedid: str
    transferee_uniqueid: str
    target_uniqueid: str
    target_channel: str
    extension: str
    succeeded: bool


@dataclass(frozen=True, slots=True)
class RecordingBegan(OnLine):
    """MixMonitor runs on this line; the file's name is derived from `uniqueid` (no event tells it)."""


@dataclass(frozen=True, slots=True)
class SpyStarted(OnLine):
    """A supervisor's line (`spy_*`) listens to this line."""

    spy_uniqueid: str
    spy_linkedid: str
    spy_channel: str


@dataclass(frozen=True, slots=True)
class SpyStopped(OnLine):
    """The supervisor's line listens no more."""

    spy_uniqueid: str
    spy_linkedid: str
    spy_channel: str


@dataclass(frozen=True, slots=True)
class OriginateEnded(OnLine):
    """Our own call attempt came to an end; `succeeded` when the first line answered. `number`: the id it shows."""

    number: str
    dialled: str
    succeeded: bool


# ---- found by comparing with the PBX (recovery), never sent by it ----


@dataclass(frozen=True, slots=True)
class LineFound(OnLine):
    """A live line that we did not know, or knew otherwise. `since` = its birth, `bridge` empty if in none.

    `settles`: the last one of its call in that list; only then is it known who hears whom.
    """

    since: datetime
    state: int
    incoming: bool
    caller_number: str
    caller_name: str
    dialled: str
    bridge: str
    settles: bool = True


@dataclass(frozen=True, slots=True)
class WaitFound(OnLine):
    """A caller whom the PBX reports as waiting since `since`."""

    queue: str
    position: int
    since: datetime
    caller_number: str


@dataclass(frozen=True, slots=True)
class WaitVanished(OnLine):
    """A caller whom we thought waiting in this queue waits there no more; `at` is when we noticed."""

    queue: str


@dataclass(frozen=True, slots=True)
class LineVanished(OnLine):
    """A line that we thought live is gone; `at` is when we noticed (`estimated`) or when it really ended."""

    estimated: bool
