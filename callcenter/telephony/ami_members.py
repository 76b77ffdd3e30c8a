"""AMI messages about members, devices and the PBX itself → `calls.pbx_events`. Reads headers like `ami_events`."""

from collections.abc import Callable
from datetime import datetime

from callcenter.calls import pbx_events as pe
from callcenter.calls.events import LineEvent
from callcenter.telephony.ami_headers import ID_LENGTH, Message, Translator, offer, text, whole

_NO_DEVICES = ("Queue:", "Local/")  # states that the PBX makes up for queues and Local halves


def live_member(row: Message, pbx: str, at: datetime) -> pe.MemberStatusChanged:
    """A QueueMember row of QueueStatus, as if the member's state had just been announced."""
    interface = text(row, "Location", ID_LENGTH) or text(row, "StateInterface", ID_LENGTH)
    member_name = text(row, "Name") or interface
    return pe.MemberStatusChanged(
        pbx,
        at,
        text(row, "Queue"),
        interface,
        member_name,
        text(row, "Paused") == "1",
        text(row, "PausedReason"),
        whole(row, "Status"),
        whole(row, "Penalty"),
        text(row, "InCall") == "1",
    )


def _member(
    event: Callable[[str, datetime, str, str, str, bool, str, int, int, bool], LineEvent],
) -> Translator:
    def read(m: Message, pbx: str, at: datetime) -> LineEvent:
        paused, reason = m.get("Paused") == "1", text(m, "PausedReason")
        numbers = whole(m, "Status"), whole(m, "Penalty")
        return event(pbx, at, *offer(m), paused, reason, *numbers, m.get("InCall") == "1")

    return read


def _device(m: Message, pbx: str, at: datetime) -> LineEvent | None:
    device = text(m, "Device", ID_LENGTH)
    if device.startswith(_NO_DEVICES):
        return None
    return pe.DeviceStateChanged(pbx, at, device, text(m, "State"))


def _contact(m: Message, pbx: str, at: datetime) -> LineEvent:
    return pe.ContactChanged(pbx, at, text(m, "AOR"), text(m, "EndpointName"), text(m, "ContactStatus"))


def _booted(m: Message, pbx: str, at: datetime) -> LineEvent:
    return pe.PbxBooted(pbx, at, whole(m, "Uptime"))


def _stopping(m: Message, pbx: str, at: datetime) -> LineEvent:
    return pe.PbxStopping(pbx, at, m.get("Restart") == "True")


def fence(m: Message, pbx: str, at: datetime) -> LineEvent:
    """Our own marker came back."""
    return pe.FenceReached(pbx, at, text(m, "Run"))


TRANSLATORS: dict[str, Translator] = {
    "QueueMemberAdded": _member(pe.MemberAdded),
    "QueueMemberRemoved": _member(pe.MemberRemoved),
    "QueueMemberPause": _member(pe.MemberPaused),
    "QueueMemberStatus": _member(pe.MemberStatusChanged),
    "QueueMemberPenalty": _member(pe.MemberStatusChanged),
    "DeviceStateChange": _device,
    "ContactStatus": _contact,
    "FullyBooted": _booted,
    "Shutdown": _stopping,
}
