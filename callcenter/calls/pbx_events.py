"""What the PBX says of queue members, devices and itself: frozen, past tense, and no part of any journey.

As in :mod:`callcenter.calls.events`: `pbx` is the name of the PBX, `at` its own time stamp (aware UTC).
"""

from dataclasses import dataclass

from callcenter.calls.events import LineEvent


@dataclass(frozen=True, slots=True)
class MemberEvent(LineEvent):
    """State of one member in one queue. `status` is the device state number (1 idle, 2 in use, 5 away, 6 ringing)."""

    queue: str
    interface: str
    member_name: str
    paused: bool
    paused_reason: str
    status: int
    penalty: int
    in_call: bool


@dataclass(frozen=True, slots=True)
class MemberAdded(MemberEvent):
    """The member joined the queue."""


@dataclass(frozen=True, slots=True)
class MemberRemoved(MemberEvent):
    """The member left the queue."""


@dataclass(frozen=True, slots=True)
class MemberPaused(MemberEvent):
    """The member's pause began, ended or changed its reason."""


@dataclass(frozen=True, slots=True)
class MemberStatusChanged(MemberEvent):
    """Something about the member changed, mostly the device's state."""


@dataclass(frozen=True, slots=True)
class DeviceStateChanged(LineEvent):
    """A device (`PJSIP/1001`) changed to NOT_INUSE, INUSE, RINGING, ONHOLD, UNAVAILABLE…"""

    device: str
    state: str


@dataclass(frozen=True, slots=True)
class ContactChanged(LineEvent):
    """A registration of a phone: Created, Updated, Reachable, Unreachable, Removed, NonQualified."""

    aor: str
    endpoint: str
    status: str


@dataclass(frozen=True, slots=True)
class PbxBooted(LineEvent):
    """The PBX is up (or we have just signed in to one that is). `uptime_seconds` of this life."""

    uptime_seconds: int


@dataclass(frozen=True, slots=True)
class PbxStopping(LineEvent):
    """The PBX says that it goes down."""

    restart: bool


@dataclass(frozen=True, slots=True)
class FenceReached(LineEvent):
    """Our own marker came back: all that was sent before it has arrived."""

    run: str
