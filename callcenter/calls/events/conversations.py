"""Who hears whom: bridges, transfers, recordings, listening in."""

from dataclasses import dataclass

from callcenter.calls.events.base import OnLine


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
