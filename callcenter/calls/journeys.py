"""A journey: one household's contact by telephone, from the first ring to the end. Frozen, UTC, plain data.

The public part is what `callcenter replay --json` prints (DESIGN.md §5). `lines`, `heard` and the like are the
memory that the machine needs to go on; nobody else reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.calls.states import (
    AttemptOutcome,
    CallState,
    Direction,
    HangupBy,
    Outcome,
    TransferKind,
    VisitOutcome,
)


@dataclass(frozen=True, slots=True)
class IvrStep:
    """A key (`timeout`, `invalid:5`) at a node of the menus."""

    at: datetime
    node: str
    key: str


@dataclass(frozen=True, slots=True)
class QueueVisit:
    """One stay in one queue. `left_at` and `outcome` are None while it lasts; `position` is 0 when refused."""

    queue: str
    joined_at: datetime
    position: int
    left_at: datetime | None = None
    outcome: VisitOutcome | None = None

    @property
    def wait_seconds(self) -> float:
        """Seconds waited; 0 while the visit lasts."""
        return (self.left_at - self.joined_at).total_seconds() if self.left_at else 0.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One ring of one agent's device. `line` is the ringing line; `via` a Local half that stood for it."""

    line: str
    channel: str
    agent: str
    member_name: str
    queue: str
    ringing_at: datetime
    ended_at: datetime | None = None
    outcome: AttemptOutcome | None = None
    via: str = ""
    settled: bool = False  # the ring's end has been put on record


@dataclass(frozen=True, slots=True)
class AgentLeg:
    """The time one agent shares a bridge with the caller. `hold_seconds` counts closed holds."""

    line: str
    channel: str
    agent: str
    from_at: datetime
    to_at: datetime | None = None
    hold_seconds: float = 0.0
    held_since: datetime | None = None
    caller_left_first: bool | None = None

    @property
    def talk_seconds(self) -> float:
        """Seconds together without hold; 0 while the leg lasts."""
        if self.to_at is None:
            return 0.0
        return max((self.to_at - self.from_at).total_seconds() - self.hold_seconds, 0.0)


@dataclass(frozen=True, slots=True)
class Hold:
    """The agent put the caller on hold. `to_at` is None while it lasts."""

    agent: str
    from_at: datetime
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consult:
    """The agent asked a colleague (`to`: what was dialled) while the caller waited; ringing is not counted."""

    line: str
    agent: str
    to: str
    from_at: datetime
    to_at: datetime | None = None

    @property
    def seconds(self) -> float:
        """Seconds of consultation; 0 while it lasts."""
        return (self.to_at - self.from_at).total_seconds() if self.to_at else 0.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """The agent `by` passed the caller on to `to` (what was dialled)."""

    at: datetime
    kind: TransferKind
    by: str
    to: str
    completed: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of the line `uniqueid`."""

    at: datetime
    uniqueid: str


@dataclass(frozen=True, slots=True)
class Line:
    """What we know about one line of the journey."""

    uniqueid: str
    channel: str
    interface: str  # the channel's name without its serial number
    is_agent: bool
    is_real: bool  # not a Local half or another helper of the PBX
    incoming: bool
    appeared_at: datetime
    number: str = ""
    dialled: str = ""
    answered_at: datetime | None = None
    bridge: str = ""
    asked_at: datetime | None = None  # first wish to end it
    asked_by_pbx: bool = False
    ended_at: datetime | None = None
    cause: int = 0
    dial_status: str = ""
    found_at: datetime | None = None  # first known from the PBX's list of that time


@dataclass(frozen=True, slots=True)
class Journey:
    """See the module's text. `linkedid` is the oldest line's; `caller` is the household of an inbound call."""

    pbx: str
    linkedid: str
    state: CallState = CallState.ARRIVING
    direction: Direction = Direction.INTERNAL
    caller: str = ""
    caller_name: str = ""
    dialled: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    estimated: bool = False  # the end was guessed
    outcome: Outcome | None = None
    hangup_by: HangupBy | None = None
    estimates: tuple[datetime, ...] = ()  # guessed moments: a time of this journey that equals one is an estimate
    ivr_steps: tuple[IvrStep, ...] = ()
    queue_visits: tuple[QueueVisit, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    agent_legs: tuple[AgentLeg, ...] = ()
    holds: tuple[Hold, ...] = ()
    consults: tuple[Consult, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    recordings: tuple[Recording, ...] = ()
    # -- memory of the machine
    begun: bool = False  # False: a line that may yet turn out to be no contact at all (supervision, echo test)
    household: str = ""  # uniqueid of the caller's line
    lines: Mapping[str, Line] = field(default_factory=dict, repr=False)
    queue_tried: str = ""
    digit_at: datetime | None = None
    callback_asked: bool = False
    voicemail_left: bool = False
    duty_called: bool = False  # the dialplan rings the duty phone
    complete_reason: str = ""

    @property
    def is_open(self) -> bool:
        """True until the journey has ended, was merged or discarded."""
        return self.ended_at is None
