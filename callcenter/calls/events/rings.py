"""A line is rung: by a queue for a member, or by anybody."""

from dataclasses import dataclass

from callcenter.calls.events.base import OnLine


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
