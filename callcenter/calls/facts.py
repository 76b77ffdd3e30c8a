"""What we put on record about a journey, in the order it is learnt; the ledger's `type` is the class name.

`at` is PBX time (aware UTC). `agent` is the interface (`PJSIP/1001`); `line` is the agent's line (its uniqueid), the
key of a ring and of a leg. Seconds are floats. A fact that comes again with the same key (class, `line`/`queue`,
start) corrects the earlier one: news from the PBX can arrive late. The ledger marks it (`engine.LATE`).
"""

from dataclasses import dataclass
from datetime import datetime

from callcenter.calls.states import AttemptOutcome, Direction, HangupBy, Outcome, TransferKind, VisitOutcome


@dataclass(frozen=True, slots=True)
class Fact:
    """Base of all facts."""

    at: datetime


@dataclass(frozen=True, slots=True)
class JourneyStarted(Fact):
    """A contact began. `at` is the first line's birth."""

    direction: Direction
    caller: str
    caller_name: str
    dialled: str


@dataclass(frozen=True, slots=True)
class CallAnswered(Fact):
    """The caller's line is up (our answer machine, the menus, or the household of an outbound call)."""


@dataclass(frozen=True, slots=True)
class IvrStepTaken(Fact):
    """A key in the menus."""

    node: str
    key: str


@dataclass(frozen=True, slots=True)
class CallbackRequested(Fact):
    """The caller wants to be called back."""

    queue: str


@dataclass(frozen=True, slots=True)
class VoicemailLeft(Fact):
    """The caller left a message on the line `uniqueid`."""

    uniqueid: str


@dataclass(frozen=True, slots=True)
class CallerQueued(Fact):
    """The caller waits."""

    queue: str
    position: int


@dataclass(frozen=True, slots=True)
class QueueVisitEnded(Fact):
    """The caller waits no more."""

    queue: str
    joined_at: datetime
    outcome: VisitOutcome
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class AgentRinging(Fact):
    """A device of an agent rings: pop the screen. `queue` is empty outside queues, `waited_seconds` then 0."""

    line: str
    channel: str
    agent: str
    member_name: str
    queue: str
    waited_seconds: float


@dataclass(frozen=True, slots=True)
class RingEnded(Fact):
    """That ring is over: withdraw the pop unless `outcome` is answered."""

    line: str
    channel: str
    agent: str
    member_name: str
    queue: str
    outcome: AttemptOutcome
    rang_seconds: float


@dataclass(frozen=True, slots=True)
class AgentLegStarted(Fact):
    """Agent and caller hear each other."""

    line: str
    channel: str
    agent: str


@dataclass(frozen=True, slots=True)
class AgentLegWentOn(AgentLegStarted):
    """The leg whose end was just told goes on: its line has only moved from one bridge into the next."""


@dataclass(frozen=True, slots=True)
class AgentLegEnded(Fact):
    """This agent and the caller hear each other no more. `talk_seconds` is without hold."""

    line: str
    agent: str
    started_at: datetime
    talk_seconds: float
    hold_seconds: float


@dataclass(frozen=True, slots=True)
class LastAgentLeft(Fact):
    """No agent is with the caller now, though the caller's line is up."""


@dataclass(frozen=True, slots=True)
class CallHeld(Fact):
    """The agent put the caller on hold."""

    line: str
    agent: str


@dataclass(frozen=True, slots=True)
class CallResumed(Fact):
    """The hold is over."""

    line: str
    agent: str
    held_seconds: float


@dataclass(frozen=True, slots=True)
class ConsultStarted(Fact):
    """The agent speaks with a colleague while the caller waits."""

    line: str
    agent: str
    to: str


@dataclass(frozen=True, slots=True)
class ConsultEnded(Fact):
    """That consultation is over."""

    line: str
    agent: str
    to: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TransferMade(Fact):
    """The agent passed the caller on. `completed`: the target and the caller were already joined."""

    kind: TransferKind
    by: str
    to: str
    completed: bool


@dataclass(frozen=True, slots=True)
class TransferCompleted(Fact):
    """The target of the last transfer has the caller."""

    to: str


@dataclass(frozen=True, slots=True)
class RecordingStarted(Fact):
    """The caller's line is being recorded; the file's name is derived from `uniqueid`."""

    uniqueid: str


@dataclass(frozen=True, slots=True)
class SupervisionStarted(Fact):
    """Somebody listens in. `supervisor` and `agent` are interfaces."""

    supervisor: str
    agent: str


@dataclass(frozen=True, slots=True)
class SupervisionEnded(Fact):
    """That supervisor listens no more."""

    supervisor: str
    agent: str


@dataclass(frozen=True, slots=True)
class JourneyEnded(Fact):
    """The contact is over. `estimated`: it ended while we could not see; `at` is when we noticed."""

    outcome: Outcome
    hangup_by: HangupBy
    estimated: bool


@dataclass(frozen=True, slots=True)
class JourneyMerged(Fact):
    """This call turned out to be a consultation of the journey `into` (its linkedid); drop it."""

    into: str


@dataclass(frozen=True, slots=True)
class JourneyDiscarded(Fact):
    """This was no contact (supervision by ChanSpy); drop it."""
